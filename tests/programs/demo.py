"""`make demo`: leads at real addresses, decided by the real service; outcomes with a known truth.

Draws houses from the address index, decides each lead as `POST /enrich` would, lets chance and a known
effect per segment say who buys, and writes three pages to var/demo: lift, the gate, and what geography is
worth over time. What was put in stands beside what was found. Only the outcomes are simulated.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from service.address.lines import address_line
from service.config import load_config
from service.learn.lift.compare import lift_rows, needed_dimensions, ratio_alarms
from service.learn.lift.page import lift_parts
from service.learn.lift.rows import row_text
from service.learn.models.curve_page import curve_parts
from service.learn.models.evaluate import evaluate_table
from service.learn.models.fit import FitOptions, fit_table
from service.learn.models.geo_value import Panel, value_of_geography
from service.learn.models.model_dir import save_model
from service.learn.page import page
from service.model import AddressQuery, Consent, Decision, Declared, Lead
from service.store.outcomes import Outcome
from service.wiring import Services, build_services

ROOT = Path(__file__).resolve().parents[2]
HOLDOUT = 0.3  # the shipped policy holds out 5 %; a demonstration cannot wait that long
BATCH = 500
DAYS = 28
HALF_LIFE, FLOOR = 150.0, 0.1  # of geography's share, in the simulated customers


@dataclass(frozen=True)
class Truth:
    """What is put in: the chance to buy without any treatment, and what the offer adds, per segment."""

    base: dict[str, float]
    effect: dict[str, float]

    def chance(self, decision: Decision) -> float:
        segment = decision.segment.code or ""
        treated = decision.treatments["offer"].arm == "treated"
        return self.base.get(segment, 0.08) + (self.effect.get(segment, 0.02) if treated else 0.0)


def make_truth(segments: list[str], seed: int) -> Truth:
    """Some segments are helped a lot, some not at all, a few are put off."""
    rng = np.random.default_rng(seed)
    steps = np.resize([0.12, 0.06, 0.0, -0.04], len(segments))
    return Truth(
        {s: float(b) for s, b in zip(segments, rng.uniform(0.06, 0.16, len(segments)), strict=True)},
        {s: float(e) for s, e in zip(segments, rng.permutation(steps), strict=True)},
    )


def demo_services(folder: Path) -> Services:
    """The service as shipped, with a larger holdout and a store of its own."""
    shipped = load_config().reference_data
    shutil.copytree(shipped / "policy", folder / "reference_data" / "policy")
    (folder / "reference_data" / "releases").symlink_to(shipped / "releases")
    experiment = folder / "reference_data" / "policy" / "experiment.toml"
    text = experiment.read_text(encoding="utf-8")
    if "share = 0.05" not in text:
        raise SystemExit("experiment.toml no longer says share = 0.05; adapt the demonstration.")
    experiment.write_text(text.replace("share = 0.05", f"share = {HOLDOUT}", 1), encoding="utf-8")
    environ = {
        "ENRICH_REFERENCE_DATA": str(folder / "reference_data"),
        "ENRICH_DATABASE_URL": f"sqlite:///{folder}/demo.sqlite",
        "ENRICH_SALT": "demo",
    }
    return build_services(load_config(environ))


def decide(services: Services, leads: int, seed: int) -> list[Decision]:
    """Decisions on leads at houses drawn from the index, spread over the last four weeks."""
    rng = np.random.default_rng(seed)
    index = services.assets().countries["DK"].matcher.index
    now = datetime.now(UTC)
    decisions = []
    for i, house in enumerate(rng.choice(index.houses, leads, replace=leads > index.houses)):
        declared = Declared(
            birth_year=int(rng.integers(1945, 2006)) if rng.random() < 0.5 else None,
            children_at_home=bool(rng.random() < 0.3) if rng.random() < 0.4 else None,
        )
        address = AddressQuery("DK", address_line(index, int(house)))
        channel = str(rng.choice(["web_form", "app", "store"]))
        lead = Lead(f"demo-{seed}-{i}", address, "DK", "da", channel, declared, Consent())
        history = services.enricher.memory.read_history(lead, now)
        decision = services.enricher.decide_lead(lead, history, now)
        decisions.append(replace(decision, made_at=now - timedelta(days=float(rng.uniform(0, DAYS)))))
        if (i + 1) % 1000 == 0:
            print(f"  {i + 1:,} leads decided")
    return decisions


def simulate(services: Services, decisions: list[Decision], truth: Truth, seed: int) -> dict[str, bool]:
    """Writes decisions and outcomes to the store as a shop would; who bought."""
    rng = np.random.default_rng(seed + 1)
    bought = {d.decision_id: bool(rng.random() < truth.chance(d)) for d in decisions}
    amounts = np.exp(rng.normal(6.2, 0.4, len(decisions))).round(2)
    now = datetime.now(UTC)
    for first in range(0, len(decisions), BATCH):
        services.store.record_decisions(decisions[first : first + BATCH])
    reports = [
        Outcome(
            f"o-{d.decision_id}", d.decision_id, "bought", min(d.made_at + timedelta(hours=3), now), "offer",
            float(a),
        )
        for d, a in zip(decisions, amounts, strict=True)
        if bought[d.decision_id]
    ]  # fmt: skip
    for first in range(0, len(reports), BATCH):
        refused = [
            r for r in services.store.outcomes.record(reports[first : first + BATCH]) if r.fate != "accepted"
        ]
        if refused:
            raise SystemExit(f"the store refused {refused[0].reason}")
    services.store.facts.fold()
    return bought


def true_lift(decisions: list[Decision], truth: Truth, segment: str | None = None) -> float:
    """The effect that was put in, averaged over treated decisions (of one segment)."""
    effects = [
        truth.effect.get(d.segment.code or "", 0.02)
        for d in decisions
        if d.treatments["offer"].arm == "treated" and (segment is None or d.segment.code == segment)
    ]
    return float(np.mean(effects))


def lift_page(services: Services, decisions: list[Decision], truth: Truth) -> tuple[str, list[bool]]:
    """(the page, whether each interval holds the truth)."""
    cells = services.store.facts.lift(needed_dimensions(("slot", "segment")), "bought", slot="offer")
    rows = [*lift_rows(cells, ("slot",)), *lift_rows(cells, ("segment",))]
    held, lines = [], []
    for row in rows:
        segment = row.group.get("segment")
        put_in = true_lift(decisions, truth, segment)
        if row.rate is not None:
            held.append(row.rate.low <= put_in <= row.rate.high)
            mark = "in the interval" if held[-1] else "OUTSIDE the interval"
            lines.append(f"<li>{escape(row_text(row))}; put in {put_in:+.2%}: {mark}</li>")
    ratios = ratio_alarms(cells, services.assets().policy.experiments.holdout_share)
    parts = ["<p>Simulated outcomes at real addresses.</p>", *lift_parts(rows, ratios, [])]
    return page("Lift of the offer", [*parts, "<h2>Put in and found</h2><ul>", *lines, "</ul>"]), held


def lead_table(decisions: list[Decision], bought: dict[str, bool]) -> pd.DataFrame:
    """What a model may learn from: segment, declared facts, channel, figures of the area; arm and outcome."""
    rows = []
    for d in decisions:
        row: dict[str, object] = {
            "segment": d.segment.code or "", "channel": d.channel, "arm": d.treatments["offer"].arm,
            "bought": int(bought[d.decision_id]),
        }  # fmt: skip
        if d.profile is not None:
            row |= {code: figure.value for code, figure in d.profile.figures.items()}
        rows.append(row)
    return pd.DataFrame(rows)


def gate_page(table: pd.DataFrame, folder: Path) -> str:
    """Fits on the older half, judges on the newer one."""
    cut = len(table) // 2
    fitted = fit_table(table[:cut], FitOptions("bought", "arm", "holdout"))
    save_model(fitted, folder / "model")
    report = evaluate_table(table[cut:], folder / "model", "bought", "arm", "holdout")
    rows = [
        f"<tr><td>{escape(name)}</td><td>{v['dr']['value']:.4f}</td>"
        f"<td>{v['dr']['low']:.4f} to {v['dr']['high']:.4f}</td>"
        f"<td>{v['snips']['value']:.4f}</td><td>{v['effective_rows']:,.0f}</td></tr>"
        for name, v in report["policy_value"].items()
    ]
    verdict = "promote" if report["promote"] else "do not promote"
    return page(
        f"The gate: {verdict}",
        [
            f'<p class="warn">{escape(report["why"])}</p>',
            "<table><tr><th>policy</th><th>buyers per lead</th><th>95 %</th><th>SNIPS</th>"
            "<th>effective rows</th></tr>",
            *rows,
            f"</table><p>Simple rule: {escape(report['simple_rule']['rule'])}.</p>",
        ],
    )


def curve_page(decisions: list[Decision], seed: int) -> str:
    """Customers who stay: the segment speaks at first, what they do later; at a known rate."""
    rng = np.random.default_rng(seed + 2)
    n = 4 * len(decisions)
    tenure = rng.choice([5.0, 30, 60, 120, 250, 500, 1000], n)
    geo, behaviour = rng.normal(size=(n, 2)), rng.normal(size=(n, 3))
    weight = FLOOR + (1 - FLOOR) * 0.5 ** (tenure / HALF_LIFE)
    margin = -1.0 + 1.2 * np.sqrt(weight) * geo[:, 0] + 1.2 * np.sqrt(1 - weight) * behaviour[:, 0]
    y = (rng.random(n) < 1 / (1 + np.exp(-margin))).astype(float)
    curve = value_of_geography(Panel(tenure, geo, behaviour, y, np.arange(n) // 4))
    said = f"<p>Simulated customers. Put in: half-life {HALF_LIFE:.0f} days, floor {FLOOR:.0%}.</p>"
    return page("What geography is worth over time", [said, *curve_parts(curve)])


def run(leads: int, seed: int, out: Path) -> list[bool]:
    """Writes the pages; whether each interval of the lift page holds the truth."""
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch:
        services = demo_services(Path(scratch))
        try:
            truth = make_truth(list(services.assets().definitions.codes), seed)
            decisions = sorted(decide(services, leads, seed), key=lambda d: d.made_at)
            bought = simulate(services, decisions, truth, seed)
            text, held = lift_page(services, decisions, truth)
            (out / "lift.html").write_text(text, encoding="utf-8")
            print("  lift written; fitting …")
            (out / "gate.html").write_text(
                gate_page(lead_table(decisions, bought), Path(scratch)), encoding="utf-8"
            )
            (out / "curve.html").write_text(curve_page(decisions, seed), encoding="utf-8")
        finally:
            services.store.close()
    return held


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "demo")
    options = parser.parse_args()
    started = time.monotonic()
    held = run(options.leads, options.seed, options.out)
    print(f"{sum(held)} of {len(held)} intervals hold what was put in; {time.monotonic() - started:.0f} s")
    for name in ("lift", "gate", "curve"):
        print(options.out / f"{name}.html")
    sys.exit(0 if sum(held) >= len(held) - 1 else 1)


if __name__ == "__main__":
    main()
