# `make help` lists the targets. Every target makes the environment it needs from the lock files.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
SERVE_READY := $(VENV)/.serve-ready
DEV_READY   := $(VENV)/.dev-ready
PIP    := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help serve test lint bench accuracy stress mutants demo refdata openapi lock clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Doorstep needs Python 3.11 or newer; PYTHON=python3.12 make … chooses another.")'
	@$(PYTHON) -m venv $(VENV)

$(SERVE_READY): $(BIN)/python requirements.lock pyproject.toml
	@echo "Installing the locked environment into $(VENV) (once, about a minute) …"
	@$(PIP) install -qq --require-hashes -r requirements.lock
	@$(PIP) install -qq --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_READY): $(BIN)/python requirements-dev.lock pyproject.toml
	@echo "Installing the locked development environment into $(VENV) (once, a minute or two) …"
	@$(PIP) install -qq --require-hashes -r requirements-dev.lock
	@$(PIP) install -qq --no-deps --no-build-isolation -e .
	@touch $@ $(SERVE_READY)

serve: $(SERVE_READY) ## the service on HOST:PORT (127.0.0.1:8000), embedded data, demo keys on loopback
	@$(BIN)/enrich serve

test: $(DEV_READY) ## lint, then all tests
	@$(MAKE) --no-print-directory lint
	@$(BIN)/python -m pytest

lint: $(DEV_READY) ## ruff and mypy --strict
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: $(DEV_READY) ## speed and memory against the targets, side by side, one run
	@$(BIN)/python -m tests.programs.bench

accuracy: $(DEV_READY) ## address matching per kind of fault and country
	@$(BIN)/python -m tests.programs.accuracy

stress: $(DEV_READY) ## concurrency, kill -9, and property tests from openapi.yaml
	@$(BIN)/python -m tests.programs.stress

mutants: $(DEV_READY) ## small faults put into the code of each room: the share that its tests notice (≤ 30 minutes)
	@$(BIN)/python -m tests.programs.mutants

demo: $(DEV_READY) ## simulated leads and outcomes with a known truth; lift, gate and curve pages
	@$(BIN)/python -m tests.programs.demo

refdata: $(DEV_READY) ## rebuilds the reference release from raw files (RAW=folder)
	@$(BIN)/enrich refdata build $(if $(RAW),--raw $(RAW))

openapi: $(DEV_READY) # writes openapi.yaml and the client from the code
	@$(BIN)/python -m service.web.openapi
	@$(BIN)/python service/client/generate.py

lock: # writes the lock files from pyproject.toml
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header -p 3.11 pyproject.toml --extra dev -o requirements-dev.lock
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header -p 3.11 pyproject.toml -c requirements-dev.lock -o requirements.lock

clean: # removes the environment and local state
	rm -rf $(VENV) var
