from __future__ import annotations

import shutil
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from service.decide.arms import draw_number
from service.decide.policy import Policy, load_policy
from service.decide.situation import Situation
from service.model import (
    AddressMatch,
    AddressQuery,
    Consent,
    ConsentProof,
    Decision,
    Lead,
    MatchCategory,
    MatchLevel,
    NextAction,
    Place,
    Segment,
    SegmentShare,
    Treatment,
    Versions,
    Weights,
)

POLICY = Path(__file__).resolve().parents[2] / "reference_data" / "policy"
TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # a Monday morning in all four countries


def read_codes(folder: Path = POLICY) -> tuple[str, ...]:
    segments = []
    for path in sorted((folder / "segments").glob("*.toml")):
        segments += tomllib.loads(path.read_text(encoding="utf-8")).get("segment", [])
    return tuple(segment["code"] for segment in segments)


CODES = read_codes()


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy(POLICY, CODES, today=TODAY)


@pytest.fixture
def policy_folder(tmp_path: Path) -> Path:
    """A copy of the shipped policy that a test may break."""
    folder = tmp_path / "policy"
    shutil.copytree(POLICY, folder)
    return folder


@pytest.fixture
def edit(policy_folder: Path) -> Callable[[str, str, str], int]:
    """Replaces a text that occurs in a policy file; answers the line at which it first stood."""

    def replace(name: str, old: str, new: str) -> int:
        path = policy_folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    return replace


def _make_segment(code: str = "B1", probability: float = 0.6, *, thin: bool = False) -> Segment:
    rest = (1 - probability) / (len(CODES) - 1)
    shares = (SegmentShare(code, probability), *(SegmentShare(c, rest) for c in CODES if c != code))
    return Segment(code, code, probability, thin, shares, (), "polling_area")


def _make_lead(
    lead_id: str = "crm-1",
    *,
    country: str = "DK",
    language: str = "da",
    channel: str = "web_form",
    consent: Consent | None = None,
) -> Lead:
    given = ConsentProof(True, datetime(2026, 11, 20, 9, 0, tzinfo=UTC), "c-12")
    consent = consent or Consent(True, email=given, phone=given)
    return Lead(lead_id, AddressQuery(country, "x"), country, language, channel, consent=consent)


def _make_situation(lead: Lead | None = None, segment: Segment | None = None, **more: object) -> Situation:
    values: dict[str, object] = {"now": NOW, "salt": "pepper", **more}
    return Situation(lead=lead or _make_lead(), segment=segment or _make_segment(), **values)  # type: ignore[arg-type]


def _log_decision(situation: Situation, treatments: Mapping[str, Treatment], **more: object) -> Decision:
    """The decision of this situation as the log keeps it; `more` replaces single fields."""
    lead = situation.lead
    match = AddressMatch(lead.country, MatchLevel.HOUSE, MatchCategory.A, NextAction.ACCEPT)
    made = Decision(
        decision_id="dec_1",
        lead_id=lead.lead_id,
        status=situation.status,
        reason=None,
        made_at=situation.now,
        country=lead.country,
        language=lead.language,
        channel=lead.channel,
        address=match,
        place=Place(lead.country, {}),
        profile=None,
        segment=situation.segment,
        sub_segment=situation.sub_segment,
        weights=Weights(),
        treatments=treatments,
        versions=Versions("r", "p"),
    )
    return replace(made, **more)  # type: ignore[arg-type]


# Test modules cannot import from here (importlib mode), so the builders are handed out as fixtures.


@pytest.fixture(scope="session")
def codes() -> tuple[str, ...]:
    return CODES


@pytest.fixture(scope="session")
def make_segment() -> Callable[..., Segment]:
    return _make_segment


@pytest.fixture(scope="session")
def make_lead() -> Callable[..., Lead]:
    return _make_lead


@pytest.fixture(scope="session")
def log_decision() -> Callable[..., Decision]:
    return _log_decision


@pytest.fixture(scope="session")
def treated(policy: Policy) -> str:
    """A lead who is not held out, under the salt of `make_situation`."""
    return _first_lead(policy, held_out=False)


@pytest.fixture(scope="session")
def held_out(policy: Policy) -> str:
    return _first_lead(policy, held_out=True)


def _first_lead(policy: Policy, *, held_out: bool) -> str:
    e = policy.experiments
    return next(
        f"lead-{n}"
        for n in range(1000)
        if (draw_number("pepper", e.holdout_key, f"lead-{n}") < e.holdout_share) is held_out
    )


@pytest.fixture(scope="session")
def make_situation() -> Callable[..., Situation]:
    return _make_situation
