"""One lead in process, all steps but the store; and `enrich file` over a customer base, on one core."""

from __future__ import annotations

import csv
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from click.testing import CliRunner

from service.address.layout import written_number
from service.cli.file import file_
from service.config import load_config
from service.flows.policy_memory import LeadHistory
from service.model import AddressQuery, Lead, MatchLevel
from service.wiring import Services, build_services
from tests.programs.bench.measure import Row, quantiles, report

LEADS = 4000
ROWS = 20_000
REPEATS = 3


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ENRICH_DATABASE_URL"] = f"sqlite:///{folder}/store.sqlite"
        services = build_services(load_config())
        try:
            texts = house_texts(services, ROWS)
            rows = in_process(services, texts[:LEADS])
        finally:
            services.store.close()
        return report([*rows, *customer_base(Path(folder), texts)])


def house_texts(services: Services, count: int) -> list[str]:
    """Different houses of the embedded index, drawn over the country, as a customer would write them."""
    index = services.assets().countries["DK"].matcher.index
    texts = []
    for house in random.Random(1).sample(range(len(index.house_code)), count):
        segment = index.segment_of_house(house)
        post = index.posts[index.seg_post[segment]]
        street = index.name(index.seg_name[segment])
        texts.append(
            f"{street} {written_number(index.house_code[house])}, {post.postcode} {post.city or ''}".strip()
        )
    return texts


def in_process(services: Services, texts: list[str]) -> list[Row]:
    """`decide_lead` by the thread's own processor time: the machine may be busy with other things."""
    leads = [
        Lead(f"lead-{i}", AddressQuery("DK", text=text), "DK", "da", "web_form")
        for i, text in enumerate(texts)
    ]
    now, history, decide = services.now(), LeadHistory(), services.enricher.decide_lead
    samples, houses = [], 0
    for lead in leads:
        start = time.thread_time()
        decision = decide(lead, history, now)
        samples.append(time.thread_time() - start)
        houses += decision.address.level is MatchLevel.HOUSE
    half, tail = quantiles(samples)
    return [
        Row("different clean addresses decided", float(len(leads)), ""),
        Row("of which the very house was found", 100 * houses / len(leads), "%"),
        Row("decide_lead, all steps but the store, median", half * 1000, "ms", 1.0),
        Row("decide_lead, p99", tail * 1000, "ms", 5.0),
    ]


def customer_base(folder: Path, texts: list[str]) -> list[Row]:
    """Rows per second of processor time, all threads and the start of the service included."""
    source = folder / "customers.csv"
    with source.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["customer", "address"])
        writer.writerows(enumerate(texts))
    whole = median(seconds_of(source, folder / f"out-{i}.csv") for i in range(REPEATS))
    few = folder / "few.csv"
    few.write_text("\n".join(source.read_text().splitlines()[:2]), encoding="utf-8")
    start = median(seconds_of(few, folder / f"few-{i}.csv") for i in range(REPEATS))
    return [
        Row("enrich file: rows", float(len(texts)), ""),
        Row("enrich file: start of the service, processor time", start, "s"),
        Row("enrich file on one core, start included", len(texts) / whole, "/s"),
        Row("enrich file on one core", len(texts) / (whole - start), "/s", 5000.0, at_least=True),
    ]


def seconds_of(source: Path, target: Path) -> float:
    """Processor seconds of one run of the command, in this process."""
    start = time.process_time()
    ran = CliRunner().invoke(file_, [str(source), str(target), "--quiet"], catch_exceptions=False)
    if ran.exit_code:
        raise SystemExit(ran.output)
    return time.process_time() - start


if __name__ == "__main__":
    sys.exit(main())
