"""Named steps of a build or a refresh. A list of steps counts itself: adding a step is adding its line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Step = tuple[str, Callable[[], None]]
# what begins, its number from 1, and how many there are
Show = Callable[[str, int, int], None]


def nobody(says: str, number: int, total: int) -> None:
    """Progress that nobody reads."""


class Steps:
    """Runs lists of steps and shows which of how many begins."""

    def __init__(self, show: Show = nobody) -> None:
        self._show, self._begun, self._total = show, 0, 0

    def expect(self, more: int) -> None:
        """Counts steps of lists that run later, so that the first step shows the total of them all."""
        self._total += more

    def run(self, steps: Sequence[Step]) -> None:
        """Runs the steps in order; raises what they raise."""
        self._total = max(self._total, self._begun + len(steps))
        for says, work in steps:
            self._begun += 1
            self._show(says, self._begun, self._total)
            work()
