"""geopy both ways over the embedded index, the rules laid over online answers, and the register import."""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
import uuid
from pathlib import Path

import numpy as np

from service.address.geocoder import DoorstepGeocoder
from service.address.matcher import Matcher
from service.address.online.parts import FoundParts
from service.address.online.single import index_of_one
from service.address.pattern import address_pattern
from service.address.rules import load_rules
from service.model import AddressQuery
from service.refdata.addresses.dar import import_dar
from service.tables import Release

REFERENCE = Path(__file__).resolve().parents[3] / "reference_data"
NATIONAL = 2_600_000
HOUSES = 10_000


def timed(calls: list[object]) -> tuple[float, float]:
    """Median and 99th percentile of calls, microseconds."""
    seconds = []
    for call in calls:
        start = time.perf_counter()
        call()  # type: ignore[operator]
        seconds.append(time.perf_counter() - start)
    seconds.sort()
    return seconds[len(seconds) // 2] * 1e6, seconds[int(len(seconds) * 0.99)] * 1e6


def import_seconds() -> float:
    """Processor seconds that importing the whole register would take, from a made register's throughput."""
    with tempfile.TemporaryDirectory() as folder:
        paths = write_register(Path(folder))
        start = time.process_time()
        table, _ = import_dar(paths)
        spent = time.process_time() - start
        assert table.num_rows == HOUSES
    return spent * NATIONAL / HOUSES


def write_register(folder: Path) -> list[Path]:
    """A register of HOUSES house numbers in its publisher's form: two versions each, units in every third."""
    dice = random.Random(1)
    times = {"registreringfra": "2018-05-03T16:58:34Z", "registreringtil": None}

    def version(own_id: str, start: str, to: str | None, **parts: str | None) -> dict[str, str | None]:
        status = parts.pop("status", "3")
        return {"id": own_id, **times, "virkningfra": start, "virkningtil": to, "status": status, **parts}

    def new_id() -> str:
        return str(uuid.UUID(int=dice.getrandbits(128)))

    first, then = "2000-02-05T20:00:00Z", "2016-04-21T00:00:00Z"
    town, roads = new_id(), [new_id() for _ in range(HOUSES // 23 + 1)]
    files: dict[str, list[dict[str, str | None]]] = {
        "Postnummer": [version(town, first, None, navn="Odense C", postnr="5000")],
        "NavngivenVej": [
            version(road, first, None, vejnavn=f"Vejnavn {at}", vejadresseringsnavn=f"Vejnavn {at}")
            for at, road in enumerate(roads)
        ],
        "Husnummer": [],
        "Adresse": [],
        "Adressepunkt": [],
    }
    for at in range(HOUSES):
        house, point, number = new_id(), new_id(), str(at % 23 + 1)
        text = f"Vejnavn {at // 23} {number}, 5000 Odense C"
        parts = {
            "adgangsadressebetegnelse": text,
            "adgangspunkt_id": point,
            "husnummertekst": number,
            "navngivenvej_id": roads[at // 23],
            "postnummer_id": town,
            "supplerendebynavn_id": None,
        }
        files["Husnummer"] += [version(house, first, then, **parts), version(house, then, None, **parts)]
        for floor, door in (("", ""),) if at % 3 else (("st", "tv"), ("1", "th"), ("2", "tv")):
            unit = {"etagebetegnelse": floor, "dørbetegnelse": door, "husnummer_id": house}
            files["Adresse"].append(version(new_id(), first, None, adressebetegnelse=text, **unit))
        position = f"POINT ({dice.uniform(450_000, 890_000):.2f} {dice.uniform(6_050_000, 6_400_000):.2f})"
        files["Adressepunkt"] += [
            version(point, first, then, status="8", position=position),
            version(point, then, None, status="8", position=position),
        ]
    paths = []
    for entity, rows in files.items():
        paths.append(folder / f"{entity}.ndjson")
        paths[-1].write_text(
            "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8"
        )
    return paths


def main() -> int:
    dice = random.Random(2)
    geocoder = DoorstepGeocoder(Release.open(REFERENCE, verify=False).path("DK", "addresses"))
    index = geocoder.matcher.index
    lat, lon = np.asarray(index.house_lat) / 1e6, np.asarray(index.house_lon) / 1e6
    rows = [dice.randrange(index.houses) for _ in range(2_000)]
    near = [(lat[row] + dice.uniform(-2e-3, 2e-3), lon[row] + dice.uniform(-2e-3, 2e-3)) for row in rows]
    texts = [geocoder.reverse((lat[row], lon[row])).address for row in rows if lat[row] > -90]
    found = FoundParts("Gammel Kongevej", "52C", "1850", "Frederiksberg C")
    typed = AddressQuery("DK", "Gl Kongevej 52C, 1850 Frederiksberg C")
    rules = load_rules("DK")

    def judge() -> None:
        one = index_of_one("DK", found, 55.67, 12.55, "-")
        assert one is not None
        Matcher(one).match_address(typed)

    table = [
        ("geocode a clean text (geopy)", *timed([lambda t=t: geocoder.geocode(t) for t in texts]), 500.0),
        ("reverse, near a house", *timed([lambda p=p: geocoder.reverse(p) for p in near]), 1_000.0),
        ("rules over an online answer", *timed([judge] * 500), 5_000.0),
        ("shape of a text", *timed([lambda: address_pattern(typed, rules)] * 2_000), 100.0),
    ]
    print(f"{'geopy and imports (µs)':<32}{'median':>10}{'p99':>10}{'target':>10}")
    red = False
    for name, median, p99, target in table:
        red |= median > target
        print(f"{name:<32}{median:>10.1f}{p99:>10.1f}{target:>10.0f}  {'RED' if median > target else 'ok'}")
    minutes = import_seconds() / 60
    red |= minutes > 15
    print(
        f"{'import of 2.6 M houses (CPU min)':<32}{minutes:>10.1f}{'':>10}{15:>10}  "
        f"{'RED' if minutes > 15 else 'ok'}"
    )
    return int(red)


if __name__ == "__main__":
    sys.exit(main())
