"""`python -m tests.programs.pictures`: the pictures of the papers, taken of the service as shipped.

Starts the service on a free port over a store of its own, opens its pages in the machine's Chromium, and
writes docs/pictures. Outside call hours the desk's clock stands at the last moment within them. Leads, their
birth years and consents, and the customers on the map are made up; addresses and figures are real.
"""

from __future__ import annotations

import csv
import logging
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from service.analyst.market import load_market
from service.config import load_config
from service.decide.policy import Policy
from service.flows.leads import lead_of
from service.segment.definitions import load_definitions
from service.tables import Release
from service.web.app import create_app
from service.wiring import Services, build_services

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic", "--no-first-run",
]  # fmt: skip
WAITING = (  # lead, address, birth year, minutes in the queue; all have consented to phone
    ("crm-84213", "Sankt Mortens Gade 3, 3700 Rønne", 1951, 26),
    ("crm-84219", "Nørregade 24, 3700 Rønne", 1996, 19),
    ("crm-84224", "Amagerbrogade 120, 3. th, 2300 København S", 1999, 11),
    ("crm-84230", "Tårnvej 155, 2610 Rødovre", 1984, 6),
)
CUSTOMERS = 24_000
SHOP = (56.15, 10.20)  # a made-up shop in Aarhus: the farther from it, the fewer customers
REACH_KM = 90.0


@dataclass(frozen=True, slots=True)
class OpenDesk(Services):
    """The service as shipped, at a moment at which people may be called."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment


def main() -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("There is no chromium on this machine; install it and run this again.")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    PICTURES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="doorstep-pictures-") as made, sync_playwright() as playwright:
        folder = Path(made)
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        services = open_desk(folder)
        with listening(create_app(services)) as base:
            take_completion(browser, base)
            take_correction(browser, base)
            take_desk(browser, base)
        services.store.close()
        take_map(browser, folder)
        browser.close()


def open_desk(folder: Path) -> OpenDesk:
    """The shipped release and policy over a new store, with leads that wait for a call."""
    environ = {
        "ENRICH_DATABASE_URL": f"sqlite:///{folder}/store.sqlite",
        "ENRICH_SALT": "handshake",
        "ENRICH_LOG_LEVEL": "WARNING",
    }
    built = build_services(load_config(environ))
    moment = last_call_hour(built.assets().policy, built.now())
    services = OpenDesk(**{field.name: getattr(built, field.name) for field in fields(built)}, moment=moment)
    language_of = services.assets().language_of
    for lead_id, address, birth_year, minutes in WAITING:
        asked = moment - timedelta(minutes=minutes)
        sent = {
            "lead_id": lead_id, "address": address, "declared": {"birth_year": birth_year},
            "consent": {"phone": {"given": True, "at": asked}, "email": {"given": True, "at": asked}},
        }  # fmt: skip
        lead = lead_of(sent, "DK", language_of)
        history = services.enricher.memory.read_history(lead, asked)
        services.store.record_decision(services.enricher.decide_lead(lead, history, asked))
    services.store.facts.fold()
    return services


def last_call_hour(policy: Policy, now: datetime) -> datetime:
    """Now, if Danes may be called; else the last moment, by five minutes, at which they could."""
    hours, moment = policy.contact_rules["DK"].hours, now
    while hours.next_open(moment) != moment:
        moment -= timedelta(minutes=5)
    return moment


@contextmanager
def listening(app: Flask) -> Iterator[str]:
    """The app on a free port; gives its base URL."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def opened(browser: Browser, url: str, width: int, height: int) -> Iterator[Page]:
    """A page of that size, in a profile of its own."""
    context = browser.new_context(viewport={"width": width, "height": height}, locale="da-DK")
    page = context.new_page()
    page.goto(url)
    yield page
    context.close()


def keep(page: Page, name: str) -> None:
    """Writes what is seen."""
    target = PICTURES / f"{name}.png"
    page.screenshot(path=target, animations="disabled")
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1000:.0f} kB")


def take_completion(browser: Browser, base: str) -> None:
    """The signup form: the welcome that an address got, and the widget completing the next one."""
    with opened(browser, f"{base}/demo", 1280, 780) as page:
        field = page.get_by_label("Adresse", exact=True)
        field.fill("Sankt Mortens Gade 3, 3700 Rønne")
        page.get_by_role("button", name="Fortsæt").click()
        expect(page.get_by_role("heading", level=2)).to_be_visible()
        field.fill("")
        field.press_sequentially("sankt mortens gade 1", delay=20)
        expect(page.get_by_role("option").first).to_be_visible()
        field.press("ArrowDown")
        keep(page, "widget")


def take_correction(browser: Browser, base: str) -> None:
    """The same form on a telephone: what was typed is misspelt, and the widget asks."""
    with opened(browser, f"{base}/demo", 390, 820) as page:
        page.get_by_label("Adresse", exact=True).press_sequentially("sankt mortensgade 3 3700 rønne", delay=5)
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Brug denne adresse")).to_be_visible()
        keep(page, "widget-390")


def take_desk(browser: Browser, base: str) -> None:
    """The desk with one lead in hand and the others waiting."""
    with opened(browser, f"{base}/desk", 1280, 930) as page:
        page.get_by_label("Key of your desk").fill("sk_demo")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Next leads")).to_be_visible()
        page.get_by_role("button", name="Reserve").first.click()
        expect(page.get_by_role("status")).to_be_visible()
        keep(page, "desk")


def take_map(browser: Browser, folder: Path) -> None:
    """The analyst's page on a made-up customer base: where customers are missing."""
    base, report = folder / "customers.csv", folder / "potential"
    write_customers(base)
    view = [
        "segments",
        "potential",
        "--level",
        "municipality",
        "--customers",
        str(base),
        "--out",
        str(report),
    ]
    subprocess.run([sys.executable, "-m", "service", *view], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    with opened(browser, f"file://{report}/report.html", 1280, 860) as page:
        page.locator("#penetration_municipality").scroll_into_view_if_needed()
        page.get_by_alt_text("penetration map municipality").scroll_into_view_if_needed()
        keep(page, "map")


def write_customers(target: Path) -> None:
    """Customers by municipality: families and couples near the shop, drawn by a seed."""
    config = load_config({})
    release = Release.open(config.reference_data)
    definitions = load_definitions(config.reference_data / "policy" / "segments")
    towns = load_market(release, "DK", definitions, "en").level("municipality")
    areas = release.table("DK", "areas_municipality").to_pydict()
    place = dict(zip(areas["code"], zip(areas["lat"], areas["lon"], strict=True), strict=True))
    families = [code.startswith(("B", "D")) for code in definitions.codes]
    wanted = towns.expected[:, families].sum(axis=1)
    km = np.array([distance_km(place.get(code, SHOP), SHOP) for code in towns.codes])
    weight = wanted * (0.25 + np.exp(-((km / REACH_KM) ** 2)))
    drawn = np.random.default_rng(2026).multinomial(CUSTOMERS, weight / weight.sum())
    with target.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["municipality"])
        writer.writerows([code] for code, count in zip(towns.codes, drawn, strict=True) for _ in range(count))


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Near enough for Denmark."""
    north = 111.2 * (one[0] - other[0])
    east = 111.2 * np.cos(np.radians(56.0)) * (one[1] - other[1])
    return float(np.hypot(north, east))


if __name__ == "__main__":
    main()
