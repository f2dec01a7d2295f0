"""Do the tests notice small faults? `python -m tests.programs.mutants [room or room/file.py …]`.

Gives the code of each room small faults, one at a time, and runs the room's own tests (tests/<room>)
against each. Prints the share noticed with a 95 % Wilson interval, names every fault that no test noticed,
and ends with 1 when a room is below its target. Which faults there are: `faults.py`. Those in
`equivalent.toml` change nothing, as its reasons show; they are named and not counted.
"""

from __future__ import annotations

import multiprocessing
import resource
import signal
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

import click
from scipy.stats import binomtest
from tqdm import tqdm

from tests.programs.mutants.faults import Fault, sample
from tests.programs.mutants.trial import STOP, notices, see_lines, start_worker

ROOT = Path(__file__).resolve().parents[3]
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
ROOMS = ("address", "segment", "decide", "learn", "store", "area")
TARGET = 0.9
EACH = 60
SIDE_BY_SIDE = 2


@dataclass
class Room:
    """The faults tried in one room, or in one file of it."""

    name: str
    noticed: int = 0
    missed: list[Fault] = field(default_factory=list)
    same: list[tuple[Fault, str]] = field(default_factory=list)

    @property
    def tests(self) -> list[str]:
        return [f"tests/{self.name.partition('/')[0]}"]

    @property
    def tried(self) -> int:
        return self.noticed + len(self.missed)

    @property
    def is_red(self) -> bool:
        return self.noticed < TARGET * self.tried

    def line(self) -> str:
        """The row of the table."""
        if not self.tried:
            return f"{self.name:<24} nothing to try"
        interval = binomtest(self.noticed, self.tried).proportion_ci(method="wilson")
        return (
            f"{self.name:<24} {self.noticed:>4} of {self.tried:<4} {self.noticed / self.tried:>6.1%}   "
            f"{interval.low:.0%} to {interval.high:.0%}   {'RED' if self.is_red else 'met'}"
        )


def read_equivalent(path: Path) -> dict[tuple[str, str, str, str], str]:
    """(file, function, line before, line after) -> why that change changes nothing."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("same", [])
    return {(e["file"], e["where"], e["before"], e["after"]): e["reason"] for e in entries}


def try_rooms(
    root: Path, names: list[str], seed: int, each: int, equivalent: Mapping[tuple[str, ...], str]
) -> Iterator[Room]:
    """Each room when all its faults have been tried. Nothing is written below `root`."""
    with (
        tempfile.TemporaryDirectory(prefix="doorstep-mutants-") as folder,
        ProcessPoolExecutor(
            SIDE_BY_SIDE, multiprocessing.get_context("spawn"), start_worker, (root, Path(folder))
        ) as pool,
    ):
        try:
            rooms = [Room(name) for name in names]
            runs = [pool.submit(see_lines, room.name.partition("/")[0], room.tests) for room in rooms]
            for room, run in zip(rooms, runs, strict=True):
                seen = run.result()
                trials: dict[Future[bool], Fault] = {}
                for fault in sample(root, room.name, seed, each):
                    if fault.key in equivalent:
                        room.same.append((fault, equivalent[fault.key]))
                    else:
                        trial = pool.submit(notices, fault, room.tests, seen.order(fault), seen.limit)
                        trials[trial] = fault
                for trial in tqdm(as_completed(trials), room.name, len(trials), disable=None, leave=False):
                    if trial.result():
                        room.noticed += 1
                    else:
                        room.missed.append(trials[trial])
                yield room
        except BaseException:
            Path(folder, STOP).touch()
            pool.shutdown(cancel_futures=True)
            raise


@click.command()
@click.argument("places", nargs=-1, metavar="[ROOM or ROOM/FILE.py]...")
@click.option(
    "--seed", default=1, show_default=True, help="Chooses the faults; the same seed, the same faults."
)
@click.option("--each", default=EACH, show_default=True, help="Faults tried per room.")
def main(places: tuple[str, ...], seed: int, each: int) -> None:
    """Small faults in the code of each room, and whether the room's tests notice them."""
    for place in places:
        if not (ROOT / "service" / place).exists() or place.partition("/")[0] not in ROOMS:
            raise click.UsageError(f"{place} is no room or file of one; rooms are {', '.join(ROOMS)}.")
    for ended in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ended, signal.default_int_handler)
    start = time.monotonic()
    rooms = []
    for room in try_rooms(ROOT, list(places or ROOMS), seed, each, read_equivalent(EQUIVALENT)):
        for fault in sorted(room.missed, key=lambda f: (f.path, f.line)):
            click.echo(f"not noticed: {fault}")
        for fault, reason in room.same:
            click.echo(f"changes nothing: {fault}\n      {reason}")
        click.echo(room.line())
        rooms.append(room)
    minutes = (time.monotonic() - start) / 60
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    alone = (used.ru_utime + used.ru_stime) / 60 / SIDE_BY_SIDE
    click.echo("\nfaults noticed by the room's own tests")
    click.echo(f"seed {seed}; took {minutes:.0f} minutes, {alone:.0f} on idle cores")
    for room in rooms:
        click.echo(room.line())
    red = [room.name for room in rooms if room.is_red]
    click.echo(f"RED: {', '.join(red)} below {TARGET:.0%}" if red else "all targets met")
    sys.exit(1 if red else 0)


if __name__ == "__main__":
    main()
