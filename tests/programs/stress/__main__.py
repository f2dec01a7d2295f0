"""`make stress [SECONDS]`: what was acknowledged is never lost and never given twice, whatever is killed.

64 clients reserve 20 agents while forms are filled in; every few seconds a worker, the background
process or the master is killed with signal 9. Then every acknowledged decision, outcome and reservation
is looked up. At the end, requests made up from openapi.yaml must find no 5xx and no undocumented answer.
"""

from __future__ import annotations

import random
import sys
import tempfile
import threading
import time
from itertools import groupby
from pathlib import Path

import psycopg

from tests.postgres_server import find_binaries, free_port, throwaway_postgres
from tests.programs.stress.callers import Ledger, fill_forms, work_at_desk
from tests.programs.stress.contract import check_contract
from tests.programs.stress.evidence import add_agents, add_leads, find_faults
from tests.programs.stress.service_process import ServiceProcess, kill

CLIENTS, AGENTS, LEADS, FORMS = 64, 20, 200, 4
SETTINGS = {"ENRICH_WORKERS": "2", "ENRICH_THREADS": "16", "ENRICH_LOG_LEVEL": "WARNING"}


def main() -> int:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    failed = []
    with tempfile.TemporaryDirectory(prefix="doorstep-stress-") as name:
        folder = Path(name)
        failed += _run("SQLite", f"sqlite:///{folder / 'doorstep.sqlite'}", folder, seconds)
        binaries = find_binaries()
        if binaries is None:
            print("PostgreSQL: no server binary on this machine, so not tried.")
        else:
            with throwaway_postgres(binaries, fsync=True) as server:
                with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
                    admin.execute("CREATE DATABASE stress")
                failed += _run("PostgreSQL", f"{server}/stress", folder, seconds)
        failed += check_contract(folder)
    print(f"\n{'All held.' if not failed else 'FAILED:'}")
    for _, faults in groupby(sorted(failed), key=lambda fault: fault[:40]):
        first, *more = faults
        print(f"  - {first}" + (f" … and {len(more)} like it" if more else ""))
    return 1 if failed else 0


def _run(name: str, database_url: str, folder: Path, seconds: float) -> list[str]:
    print(
        f"\n== {name}: {CLIENTS} clients, {AGENTS} agents, {seconds:.0f} s, kill -9 every few seconds",
        flush=True,
    )
    service = ServiceProcess(database_url, free_port(), folder / f"{name}.log", **SETTINGS)
    ledger, stop = Ledger(), threading.Event()
    killed = {"worker": 0, "background": 0, "master": 0}
    service.start()
    try:
        add_agents(service.url, AGENTS)
        leads = add_leads(database_url, LEADS, AGENTS)
        callers = [
            threading.Thread(
                target=work_at_desk, args=(service.url, leads, ledger, stop, number), daemon=True
            )
            for number in range(CLIENTS)
        ] + [
            threading.Thread(target=fill_forms, args=(service.url, ledger, stop, number), daemon=True)
            for number in range(FORMS)
        ]
        for caller in callers:
            caller.start()
        _kill_now_and_then(service, seconds, killed)
        stop.set()
        for caller in callers:
            caller.join(120)
    finally:
        stop.set()
        service.stop()
    found = [*ledger.faults, *find_faults(database_url, ledger, AGENTS)]
    waits = sorted(ledger.waits) or [0.0]
    print(f"  killed: {killed}")
    print(f"  acknowledged: {len(ledger.decisions)} decisions, {len(ledger.outcomes)} outcomes, "
          f"{len(ledger.reservations)} reservations")  # fmt: skip
    print(f"  at the desk: {dict(sorted(ledger.counts.items()))}")
    p50, p99 = (waits[int(len(waits) * share)] * 1000 for share in (0.5, 0.99))
    print(f"  reserve: p50 {p50:.0f} ms, p99 {p99:.0f} ms")
    print(f"  {'no fault found' if not found else f'{len(found)} FAULTS; the end of the log:'}", flush=True)
    if found:
        print("\n".join((folder / f"{name}.log").read_text().splitlines()[-15:]), flush=True)
    if not ledger.reservations or not ledger.decisions:
        found.append("nothing was acknowledged at all, so nothing was tried")
    return [f"{name}: {fault}" for fault in found]


def _kill_now_and_then(service: ServiceProcess, seconds: float, killed: dict[str, int]) -> None:
    """Workers all the time, the background process now and then, the master twice."""
    rng, ends = random.Random(1), time.monotonic() + seconds
    masters = [ends - seconds * 0.35, ends - seconds * 0.7]
    while (left := ends - time.monotonic()) > 0:
        time.sleep(min(left, 1.0 + rng.random() * 2.0))
        if masters and time.monotonic() > masters[-1]:
            masters.pop()
            service.kill_master()
            killed["master"] += 1
            service.start()
        elif rng.random() < 0.25 and service.background():
            kill(service.background()[0])
            killed["background"] += 1
        elif service.workers():
            kill(rng.choice(service.workers()))
            killed["worker"] += 1


if __name__ == "__main__":
    sys.exit(main())
