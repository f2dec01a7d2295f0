"""What an import read, kept and dropped, and why; printed for people after every import."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class ImportReport:
    """Counts of one import. `dropped` and `flagged` are reason -> rows, reasons as plain words.

    A dropped row is not in the result. A flagged row is, with the flagged part changed or left out.
    """

    format: str
    read: int = 0
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)

    def drop(self, reason: str, rows: int = 1) -> None:
        """Counts rows that are left out of the result."""
        if rows:
            self.dropped[reason] += rows

    def flag(self, reason: str, rows: int = 1) -> None:
        """Counts rows that are kept although something about them was changed or looks wrong."""
        if rows:
            self.flagged[reason] += rows

    def lines(self) -> list[str]:
        """The summary for people, one line per figure, largest reason first."""
        out = [f"{self.format}: {self.read:,} rows read, {self.kept:,} addresses kept"]
        out += [f"  dropped  {count:>9,}  {reason}" for reason, count in self.dropped.most_common()]
        out += [f"  flagged  {count:>9,}  {reason}" for reason, count in self.flagged.most_common()]
        return out
