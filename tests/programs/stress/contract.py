"""Requests made up from openapi.yaml, sent to the live service: no 5xx, no undocumented answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.postgres_server import free_port
from tests.programs.stress.service_process import ROOT, ServiceProcess

EXAMPLES = 25
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def check_contract(folder: Path, examples: int = EXAMPLES) -> list[str]:
    """The failures that schemathesis finds; its own report is printed."""
    print("\n== requests from openapi.yaml", flush=True)
    service = ServiceProcess(f"sqlite:///{folder / 'contract.sqlite'}", free_port(), folder / "contract.log")
    service.start()
    try:
        run = subprocess.run(
            [
                str(Path(sys.executable).with_name("schemathesis")),
                "run",
                str(ROOT / "openapi.yaml"),
                f"--url={service.url}",
                "--header=Authorization: Bearer sk_demo",
                f"--checks={CHECKS}",
                f"--max-examples={examples}",
                "--phases=examples,coverage,fuzzing",
                "--workers=4",
                "--continue-on-failure",
                "--generation-database=none",
                "--seed=1",
                "--no-color",
                "--warnings=off",
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        service.stop()
    report = run.stdout + run.stderr
    print("\n".join(report.splitlines()[-200 if run.returncode else -25 :]), flush=True)
    return [] if run.returncode == 0 else ["requests from openapi.yaml found faults (see the report above)"]
