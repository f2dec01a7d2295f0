"""Choosing treatments, matching the queue, loading the policy: in process, without store or HTTP."""

from __future__ import annotations

import random
import sys
import time
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from service.decide.agents import Agent
from service.decide.choose import choose_treatments
from service.decide.policy import load_policy
from service.decide.queue import WaitingLead, assign_queue
from service.decide.situation import Situation
from service.model import AddressQuery, Consent, ConsentProof, Lead, Segment, SegmentShare
from tests.programs.bench.measure import Row, quantiles, report, time_calls

POLICY = Path(__file__).resolve().parents[3] / "reference_data" / "policy"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def read_codes() -> tuple[str, ...]:
    files = sorted((POLICY / "segments").glob("*.toml"))
    return tuple(s["code"] for f in files for s in tomllib.loads(f.read_text("utf-8")).get("segment", []))


def make_situations(codes: tuple[str, ...], count: int) -> list[Situation]:
    dice = random.Random(1)
    given = ConsentProof(True, NOW - timedelta(days=1), "c-12")
    consents = (Consent(email=given, phone=given), Consent(email=given), Consent())
    situations = []
    for number in range(count):
        raw = [dice.random() ** 4 for _ in codes]
        shares = sorted(
            (SegmentShare(c, w / sum(raw)) for c, w in zip(codes, raw, strict=True)),
            key=lambda s: -s.probability,
        )
        segment = Segment(shares[0].code, "", shares[0].probability, False, tuple(shares), (), "polling_area")
        country, language = dice.choice([("DK", "da"), ("SE", "sv"), ("NO", "nb"), ("FI", "fi")])
        query = AddressQuery(country, "x")
        lead = Lead(f"lead-{number}", query, country, language, "web_form", consent=dice.choice(consents))
        situations.append(Situation(lead, segment, NOW, "salt"))
    return situations


def main() -> int:
    codes = read_codes()
    start = time.perf_counter()
    policy = load_policy(POLICY, codes)
    loading = time.perf_counter() - start
    situations = make_situations(codes, 2000)
    median, slowest = quantiles(time_calls(lambda i: choose_treatments(policy, situations[i % 2000]), 20_000))

    dice = random.Random(2)
    roster = policy.agents.agents
    agents: list[Agent] = [replace(dice.choice(roster), id=f"agent-{n}") for n in range(200)]
    leads = [
        WaitingLead(
            s.lead.lead_id,
            s.lead.country,
            s.lead.language,
            s.segment.code,
            NOW - timedelta(minutes=dice.randrange(300)),
        )
        for s in situations[:200]
    ]
    matched, worst = quantiles(
        time_calls(lambda _: assign_queue(leads, agents, policy.agents.wanted, NOW), 60, 3)
    )
    return report(
        [
            Row("choose_treatments, 5 slots, median", median * 1e6, "µs", 50.0),
            Row("choose_treatments, p99", slowest * 1e6, "µs"),
            Row("assign_queue, 200 leads × 200 agents, median", matched * 1e3, "ms", 50.0),
            Row("assign_queue, p99", worst * 1e3, "ms"),
            Row("load_policy: read, check, lay out", loading, "s", 1.0),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
