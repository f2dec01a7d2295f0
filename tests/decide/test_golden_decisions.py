"""tests/golden/decisions.csv: rows that an analyst adds, held against the shipped policy."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.decide.arms import draw_number
from service.decide.choose import choose_treatments
from service.decide.policy import Policy
from service.decide.situation import Situation
from service.model import AddressQuery, Consent, ConsentProof, Lead, Segment, SegmentShare

ROWS = Path(__file__).resolve().parents[1] / "golden" / "decisions.csv"
# A Tuesday, 11:30 UTC: every agent is in, in all four countries
NOW = datetime(2026, 11, 24, 11, 30, tzinfo=UTC)


def read_rows() -> list[dict[str, str]]:
    with ROWS.open(encoding="utf-8", newline="") as file:
        lines = [line for line in file if not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter=";"))


def make_segment(text: str, codes: tuple[str, ...]) -> Segment:
    words = text.split()
    given = {code: float(share) for code, _, share in (word.partition(":") for word in words) if share}
    rest = (1 - sum(given.values())) / (len(codes) - len(given))
    ranked = sorted(codes, key=lambda code: -given.get(code, rest))
    shares = tuple(SegmentShare(code, given.get(code, rest)) for code in ranked)
    return Segment(
        words[0].partition(":")[0], "", shares[0].probability, "thin" in words, shares, (), "postcode"
    )


def make_lead(row: dict[str, str], arm: str, policy: Policy) -> Lead:
    e = policy.experiments
    number = next(
        n
        for n in range(10_000)
        if (draw_number("golden", e.holdout_key, f"g{n}") < e.holdout_share) == (arm == "holdout")
    )
    given = row["consent"].split()
    proof = ConsentProof(True, NOW - timedelta(hours=1), "c-12")
    consent = Consent(
        profiling="profiling" in given,
        **{way: proof for way in ("email", "phone", "sms", "letter") if way in given},
    )
    query = AddressQuery(row["country"], "x")
    return Lead(f"g{number}", query, row["country"], row["language"], row["channel"], consent=consent)


@pytest.mark.parametrize("row", read_rows(), ids=lambda row: row["what"])
def test_golden_decision(policy: Policy, codes: tuple[str, ...], row: dict[str, str]) -> None:
    objected = row["status"] == "objected"
    situation = Situation(
        lead=make_lead(row, row["arm"], policy),
        segment=make_segment(row["segments"], codes),
        now=NOW,
        salt="golden",
        status="fallback" if objected else row["status"],  # type: ignore[arg-type]
        objected=objected,
    )
    chosen = choose_treatments(policy, situation)
    found = {
        slot: chosen[slot].id.partition(".")[0] for slot in ("greeting", "offer", "first_email", "agent")
    }
    wanted = {slot: row[slot] or found[slot] for slot in found}
    assert found == wanted
    assert {t.arm for t in chosen.values()} == {row["arm"]}
    reasons = "; ".join(str(reason) for reason in chosen["agent"].content["reasons"])  # type: ignore[attr-defined]
    assert row["reasons"] in reasons


def test_every_segment_has_a_golden_row(codes: tuple[str, ...]) -> None:
    likeliest = {row["segments"].split(":")[0] for row in read_rows() if row["status"] == "ok"}
    assert set(codes) <= likeliest
