"""Progress of a long command on the terminal: which step of how many, and what a download has so far."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from tqdm import tqdm


class Bar:
    """Called with what begins now (see `service.refdata.steps`)."""

    def __init__(self, bar: tqdm[NoReturn]) -> None:
        self._bar = bar

    def __call__(self, says: str, number: int, total: int) -> None:
        self._bar.total = total
        self._bar.update(number - 1 - self._bar.n)
        self._bar.set_postfix_str("")
        self._bar.set_description(says)

    def bytes(self, name: str, have: int, total: int | None) -> None:
        """Shows a download: bytes so far, and of how many where the publisher says so."""
        of = f" of {total / 1e6:,.1f}" if total else ""
        self._bar.set_postfix_str(f"{name} {have / 1e6:,.1f}{of} MB")


@contextmanager
def step_bar() -> Iterator[Bar]:
    """A bar that learns its length from the first step."""
    with tqdm(unit="step", dynamic_ncols=True) as bar:
        yield Bar(bar)
        bar.update((bar.total or 0) - bar.n)
