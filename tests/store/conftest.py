"""The same tests on SQLite and on a PostgreSQL server that lives as long as the run."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from service.model import (
    AddressMatch,
    Decision,
    Evidence,
    Figure,
    MatchCategory,
    MatchLevel,
    NextAction,
    Place,
    Profile,
    Segment,
    SegmentShare,
    Treatment,
    UnitFacts,
    Versions,
    Weights,
)
from service.store import Store, open_store
from service.store.ids import new_id


def _postgres_binaries() -> Path | None:
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda p: int(p.parts[-3].split(".")[0]),
        reverse=True,
    )
    if found:
        return found[0].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a throw-away server, without a database name. Skips where there is no server binary."""
    binaries = _postgres_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server binary on this machine (apt-get install postgresql)")
    user: str | None = None
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        try:
            user = pwd.getpwnam("postgres").pw_name
        except KeyError:
            user = "nobody"
    folder = Path(tempfile.mkdtemp(prefix="doorstep-pg-", dir="/tmp"))
    if user:
        shutil.chown(folder, user)
    port = _free_port()
    cluster = folder / "cluster"

    def run(*command: str) -> None:
        done = subprocess.run(command, user=user, cwd=folder, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
                              capture_output=True, text=True, timeout=120)  # fmt: skip
        assert done.returncode == 0, done.stderr + done.stdout

    try:
        run(str(binaries / "initdb"), "-D", str(cluster), "-U", "doorstep", "-A", "trust", "-E", "UTF8")
        # durability off: the cluster dies with the run, and what is tested is not the disk
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200"
        run(
            str(binaries / "pg_ctl"),
            "-D",
            str(cluster),
            "-o",
            options,
            "-l",
            str(folder / "log"),
            "-w",
            "start",
        )
        try:
            yield f"postgresql://doorstep@127.0.0.1:{port}"
        finally:
            run(str(binaries / "pg_ctl"), "-D", str(cluster), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store' / 'doorstep.sqlite'}"
        return
    server = request.getfixturevalue("postgres_server")
    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        yield f"{server}/{name}"
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url)
    yield opened
    opened.close()


STREET = "Hemmelighedsgade"  # must be found nowhere in a store


@pytest.fixture
def make_decision() -> Callable[..., Decision]:
    """A whole decision at an address that no store may know; keyword arguments replace its fields."""

    def make(lead_id: str = "crm-1", **changes: object) -> Decision:
        decision = Decision(
            decision_id=new_id("dec"),
            lead_id=lead_id,
            status="ok",
            reason=None,
            made_at=datetime(2026, 11, 21, 10, 2, 11, 123000, tzinfo=UTC),
            country="DK",
            language="da",
            channel="web_form",
            address=AddressMatch(
                country="DK",
                level=MatchLevel.HOUSE,
                category=MatchCategory.B,
                next_action=NextAction.CONFIRM,
                address_id="0a3f-secret-id",
                street=STREET,
                house_number="987C",
                floor="2",
                door="th",
                postcode="2200",
                city="København N",
                supplementary_city="Hemmelighedsby",
                municipality_code="0101",
                lat=55.69214,
                lon=12.55351,
                points=((55.69214, 12.55351),),
                status="current",
                units_at_number=7,
                neighbour_distance_m=12.5,
                changes=(f"street: 'Hemelighedsgade' -> '{STREET}'",),
                alternatives=(f"{STREET} 987B",),
                reason="corrected",
                source="dk-addresses 2026-10",
            ),
            place=Place(
                "DK",
                {"polling_area": "101016", "postcode": "2200", "country": "DK"},
                {"parish": "Sankt Hans"},
            ),
            profile=Profile(
                "DK",
                "polling_area",
                "101016",
                5120.0,
                2,
                {"owner_share": Figure(0.12, "share", 25, "polling_area", "2020-01-01", "dst", 5120)},
            ),
            segment=Segment(
                "A1",
                "Unge i byen",
                0.71,
                False,
                (SegmentShare("A1", 0.71), SegmentShare("A3", 0.29)),
                (Evidence("dwelling", "flat", 0.9, None, "2026-10-01", None),),
                "polling_area",
                None,
            ),
            sub_segment="new",
            weights=Weights(12, 0.75, 0.25),
            treatments={
                "greeting": Treatment(
                    "greeting", "greet-city", "treated", 0.95, {"headline": "Hej på Nørrebro"}
                ),
                "agent": Treatment(
                    "agent", "agent-17", "holdout", 0.05, {"allowed": True, "reasons": ["speaks da"]}
                ),
            },
            versions=Versions("2026-11-20.1", "sha256:abc", {"response": "m1"}),
            profiling="performed",
            unit=UnitFacts("flat", "owner", 82, 3, 1932, "2026-10-01", "bbr"),
        )
        return replace(decision, **changes)  # type: ignore[arg-type]

    return make
