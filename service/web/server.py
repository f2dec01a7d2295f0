"""gunicorn around the application: forked workers that share the tables which the master has loaded."""

from __future__ import annotations

import gc
import os
import socket
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker
from prometheus_client import multiprocess

from service.config import Config
from service.errors import ConfigError
from service.web.background import Supervisor
from service.web.logs import configure_logs

# A worker that does not answer its master for this long is replaced; no request comes near it.
_STUCK_SECONDS = 30
# Running requests get this long to finish when the service stops.
_GRACE_SECONDS = 15
# Above the 60 s that load balancers commonly keep an idle connection, so that they close it, not we.
_KEEP_ALIVE_SECONDS = 75
# Autocomplete carries what was typed in the request line.
_REQUEST_LINE_BYTES = 8190


class ServiceLogger(Logger):  # type: ignore[misc]  # gunicorn is not typed
    """gunicorn's logger, writing JSON. The application writes the access log: by route, never by URL."""

    def setup(self, cfg: Any) -> None:
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.access_log.handlers.clear()
        self.access_log.disabled = True

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        return None


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with settings from `config` and an application that is built already."""

    def __init__(
        self,
        app: Flask,
        config: Config,
        announce: Callable[[str, int], None],
        start_worker: Callable[[], None],
    ) -> None:
        self._app = app
        self._options = gunicorn_settings(config)
        self._announce = announce
        self._start_worker = start_worker
        self._supervisor = Supervisor()
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)
        self.cfg.set("when_ready", self._ready)
        self.cfg.set("post_worker_init", lambda worker: self._start_worker())
        self.cfg.set("child_exit", _forget_metrics)
        self.cfg.set("on_exit", lambda arbiter: self._supervisor.stop())

    def load(self) -> Flask:
        return self._app

    def _ready(self, arbiter: Arbiter) -> None:
        host, port = arbiter.LISTENERS[0].sock.getsockname()[:2]
        self._announce(host, port)
        self._supervisor.start()


def gunicorn_settings(config: Config) -> dict[str, Any]:
    """The settings of gunicorn; also those of the comparison in `make bench`."""
    host = f"[{config.host}]" if ":" in config.host else config.host
    return {
        "bind": f"{host}:{config.port}",
        "workers": config.workers,
        "worker_class": "service.web.worker.Worker",
        "threads": config.threads,
        "preload_app": True,
        "keepalive": _KEEP_ALIVE_SECONDS,
        "timeout": _STUCK_SECONDS,
        "graceful_timeout": _GRACE_SECONDS,
        "limit_request_line": _REQUEST_LINE_BYTES,
        "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,  # noqa: S108
        "logger_class": ServiceLogger,
        "accesslog": None,
        "proc_name": "doorstep",
        "control_socket_disable": True,
    }


def check_address_free(config: Config) -> None:
    """Raises ConfigError when nothing can listen on HOST:PORT, in words; gunicorn would retry and log."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise ConfigError(
            f"Nothing can listen on HOST {config.host!r}, PORT {config.port} ({error.strerror}); "
            "choose another PORT, or stop what uses it."
        ) from error


def serve_app(
    app: Flask,
    config: Config,
    announce: Callable[[str, int], None],
    start_worker: Callable[[], None] = lambda: None,
) -> None:
    """Serves until stopped.

    `announce` is told host and port when workers may be reached; `start_worker` is called in each
    worker after its fork.
    """
    configure_logs(config.log_level)
    # What is loaded now is never freed: the collector would only write to pages that workers share.
    gc.collect()
    gc.freeze()
    Server(app, config, announce, start_worker).run()


def _forget_metrics(_: Arbiter, worker: Worker) -> None:
    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
