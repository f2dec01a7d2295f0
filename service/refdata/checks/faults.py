"""What a check finds, and a report that people can read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Literal

from service.errors import CheckError

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One finding. `error` stops publishing; `warning` is for the analyst to look at."""

    severity: Severity
    rule: str
    table: str
    column: str
    row: str
    message: str

    def sentence(self) -> str:
        """table, column, row, rule and what is wrong, in one line."""
        parts = (self.table, self.column and f"column {self.column}", self.row and f"row {self.row}")
        where = ", ".join(part for part in parts if part)
        return f"{where}: rule {self.rule}: {self.message}"


@dataclass(slots=True)
class Report:
    """All findings of a run, and how often each rule was applied."""

    release: str
    applied: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def run(self, rule: str, found: Iterable[Fault]) -> None:
        """Counts one application of a rule and keeps what it found."""
        self.applied[rule] = self.applied.get(rule, 0) + 1
        self.faults += found

    def errors(self, accepted: frozenset[str] = frozenset()) -> list[Fault]:
        """Findings that stop publishing, but for the rules that the analyst has accepted by name."""
        return [f for f in self.faults if f.severity == "error" and f.rule not in accepted]

    def raise_errors(self, accepted: frozenset[str] = frozenset()) -> None:
        """Raises CheckError when something stops publishing."""
        errors = self.errors(accepted)
        if errors:
            raise CheckError(
                f"Release {self.release} does not pass {len({f.rule for f in errors})} rules; nothing is "
                "published. Correct the source, or accept a real change with --accept RULE.",
                tuple(f.sentence() for f in errors[:50]),
            )

    def text(self) -> str:
        """For people: one line per rule, then the findings."""
        by_rule: dict[str, list[Fault]] = {rule: [] for rule in self.applied}
        for fault in self.faults:
            by_rule.setdefault(fault.rule, []).append(fault)
        lines = [f"Check of release {self.release}"]
        for rule, found in by_rule.items():
            errors = sum(f.severity == "error" for f in found)
            state = "ERROR" if errors else "look" if found else "ok"
            count = f"{errors} errors, {len(found) - errors} to look at" if found else ""
            lines.append(f"  {state:<6}{rule:<36}{count}")
        for fault in sorted(self.faults, key=lambda f: f.severity):
            lines.append(f"  {fault.severity}: {fault.sentence()}")
        return "\n".join(lines)

    def json(self) -> str:
        """The same for programs."""
        content = {
            "release": self.release,
            "applied": self.applied,
            "faults": [asdict(f) for f in self.faults],
        }
        return json.dumps(content, ensure_ascii=False, indent=1)
