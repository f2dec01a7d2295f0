"""experiment.toml: the global holdout and the experiments of single slots, fixed once they run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Literal

from service.decide.toml_table import Origin, TomlTable
from service.decide.treatments import TreatmentRule
from service.errors import PolicyError

POLICY_CHOICE = "policy"


@dataclass(frozen=True, slots=True)
class ExperimentArm:
    """`treatment` is the id of a treatment that the arm forces, or "policy" for what the policy picks."""

    name: str
    share: float
    treatment: str


@dataclass(frozen=True, slots=True)
class Experiment:
    """One comparison within one slot. `key` is what enters the hash."""

    name: str
    key: str
    slot: str
    status: Literal["planned", "running", "ended"]
    starts: date
    ends: date
    arms: tuple[ExperimentArm, ...]
    origin: Origin

    def is_running(self, today: date) -> bool:
        return self.status == "running" and self.starts <= today <= self.ends

    @property
    def fingerprint(self) -> str:
        """Hash of all that must not change while it runs. The end may be moved: it changes no assignment."""
        fixed = [
            self.key,
            self.slot,
            self.starts.isoformat(),
            [(a.name, a.share, a.treatment) for a in self.arms],
        ]
        return sha256(json.dumps(fixed).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Experiments:
    """The holdout and the slots' experiments; at most one running per slot."""

    holdout_key: str
    holdout_share: float
    salt_name: str
    listed: tuple[Experiment, ...]
    origin: Origin

    def running(self, slot: str, today: date) -> Experiment | None:
        """The one that runs in this slot today."""
        return next((e for e in self.listed if e.slot == slot and e.is_running(today)), None)

    @property
    def fingerprints(self) -> dict[str, str]:
        """Name -> fingerprint of all that runs, the global holdout included: to be stored when activated."""
        holdout = sha256(json.dumps([self.holdout_key, self.holdout_share]).encode()).hexdigest()
        running = {e.name: e.fingerprint for e in self.listed if e.status == "running"}
        return {"global_holdout": holdout, **running}


def read_experiments(file: TomlTable, treatments: Mapping[str, tuple[TreatmentRule, ...]]) -> Experiments:
    """Raises PolicyError with file and line. `treatments` are the rules per slot."""
    salt_name = file.text("salt_name")
    holdout = file.table("holdout")
    share = holdout.number("share", low=0, high=0.5)
    origin = holdout.origin()
    holdout_key = f"{salt_name}/{holdout.text('name')}"
    holdout.close()
    listed: list[Experiment] = []
    for row in file.tables("experiment", required=False):
        experiment = _read_experiment(row, salt_name, treatments)
        for other in listed:
            if other.name == experiment.name:
                raise row.fault(f"experiment '{other.name}' is there twice; a name is for ever.", "name")
            both_run = other.status == experiment.status == "running" and other.slot == experiment.slot
            if both_run and other.starts <= experiment.ends and experiment.starts <= other.ends:
                raise row.fault(
                    f"'{other.name}' already runs in slot '{other.slot}' on some of these days.", "slot"
                )
        listed.append(experiment)
    file.close()
    return Experiments(holdout_key, share, salt_name, tuple(listed), origin)


def _read_experiment(
    row: TomlTable, salt_name: str, treatments: Mapping[str, tuple[TreatmentRule, ...]]
) -> Experiment:
    slot = row.text("slot", allowed=tuple(treatments))
    ids = (POLICY_CHOICE, *(rule.id for rule in treatments[slot]))
    arms = []
    for part in row.tables("arm"):
        arms.append(
            ExperimentArm(
                part.text("name"),
                part.number("share", low=0.001, high=1),
                part.text("treatment", allowed=ids),
            )
        )
        part.close()
    if len(arms) < 2 or len({arm.name for arm in arms}) != len(arms):
        raise row.fault("an experiment needs two or more arms with different names.", "arm")
    total = sum(arm.share for arm in arms)
    if abs(total - 1) > 1e-9:
        raise row.fault(f"the shares of the arms sum to {total:g}, not 1.", "arm")
    name = row.text("name")
    experiment = Experiment(
        name=name,
        key=f"{salt_name}/{name}",
        slot=slot,
        status=row.text("status", allowed=("planned", "running", "ended")),  # type: ignore[arg-type]
        starts=row.day("starts"),
        ends=row.day("ends"),
        arms=tuple(arms),
        origin=row.origin(),
    )
    row.text("reason")  # why it is run: for the reader of the file and of the report
    if experiment.ends < experiment.starts:
        raise row.fault(f"ends {experiment.ends} lies before starts {experiment.starts}.", "ends")
    row.close()
    return experiment


def check_experiment_unchanged(previous: Mapping[str, str], experiments: Experiments) -> None:
    """Refuses a policy that changes an experiment while it runs.

    `previous` is `Experiments.fingerprints` of the active policy, as it was stored. An experiment may be
    ended (status = "ended") or added; its arms, shares, slot, start and salt may not change, for the leads
    assigned before and after would no longer be comparable. Raises PolicyError with file and line.
    """
    now = experiments.fingerprints
    known = {experiment.name: experiment for experiment in experiments.listed}
    for name, fingerprint in previous.items():
        if now.get(name) == fingerprint:
            continue
        listed = known.get(name)
        if listed is not None and listed.status == "ended":
            continue
        origin = listed.origin if listed else experiments.origin
        if listed is None and name != "global_holdout":
            raise PolicyError(
                f"{origin.file}:1: experiment '{name}' is running and has been removed; "
                'set status = "ended" instead, so that its results keep their meaning.'
            )
        raise origin.fault(
            f"'{name}' is running and has been changed; restore it, or end it and start one by a new name."
        )
