"""The eight changes of CONTRIBUTING.md, made in a copy of the house as the page says; what comes of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner

from service.cli import cli
from service.config import load_config
from service.errors import PolicyError
from service.refdata.catalogue import load_catalogue
from service.refdata.published import FORMS
from service.refdata.sources.registry import fetcher_of
from service.refdata.sources.statbank import read_published
from service.refdata.variables import load_variables
from service.segment.definitions import load_definitions
from service.web.app import create_app
from service.wiring import build_services
from tests.papers.conftest import House
from tests.papers.edits import add_argument, add_before_return, add_to_class, add_to_tuple

LANGUAGES = ("da", "sv", "nb", "fi", "en")
LEAD = {"lead_id": "crm-84213", "address": "Sankt Mortens Gade 3, 3700 Rønne"}
CUSTOMER = {**LEAD, "tenure_days": 20}
Call = Callable[..., Any]


@contextmanager
def asked(house: House) -> Iterator[Call]:
    """The service of today over the data of the copy: `call(method, path, body)` gives its answer."""
    services = build_services(load_config(house.settings()))
    client = create_app(services).test_client()

    def call(method: str, path: str, body: object = None) -> Any:
        answer = client.open(path, method=method, json=body, headers={"Authorization": "Bearer sk_demo"})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()

    yield call
    services.store.close()


def check_policy(house: House) -> str:
    """What `enrich policy check` says of the copy's policy: that it is right, or its first fault."""
    done = CliRunner().invoke(cli, ["policy", "check", str(house.policy)])
    return done.output + str(done.exception or "")


# ---------------------------------------------------------------- what is data


def test_a_market_and_a_law_are_files(house: House) -> None:
    law = (house.policy / "consent" / "fi.toml").read_text(encoding="utf-8")
    house.write("reference_data/policy/consent/ee.toml", law.replace('country = "FI"', 'country = "EE"'))
    market = '\n[[market]]\ncountry = "EE"\nlanguage = "en"\ncurrency = "EUR"\ntimezone = "Europe/Tallinn"\n'
    house.edit("reference_data/policy/company.toml", lambda text: text + market)
    assert "no agent serves EE in 'en'" in check_policy(house)
    house.edit(
        "reference_data/policy/agents.toml", lambda text: text.replace('["SE", "FI"]', '["SE", "FI", "EE"]')
    )
    assert "markets DK, SE, NO, FI, EE" in check_policy(house)
    with asked(house) as call:
        said = call("POST", "/enrich", {**LEAD, "country": "EE"})
    assert said["status"] == "fallback"  # there are no tables for it yet
    assert said["language"] == "en"
    assert said["decisions"]["greeting"]["id"] == "greet-standard"


def test_a_slot_is_an_entry_and_a_file(house: House) -> None:
    entry = (
        '\n[[slot]]\ncode = "parcel_card"\nkind = "content"\nfile = "parcel_cards.toml"\nfields = ["text"]\n'
    )
    texts = "".join(f'  [treatment.{lang}]\n  text = "Mad"\n  benefit = "Mad"\n' for lang in LANGUAGES)
    treatment = (
        '[[treatment]]\nid = "card-standard"\nstandard = true\npurpose = "welcome"\nmessage = "what_we_are"\n'
        'motivation = "clarity"\nrecipient_reason = "everybody"\npriority = 1000\nvalid_from = 2026-01-01\n'
        f"valid_days = 30\n{texts}"
    )
    house.edit("reference_data/policy/slots.toml", lambda text: text + entry)
    house.write("reference_data/policy/parcel_cards.toml", treatment)
    assert "6 slots" in check_policy(house)
    with asked(house) as call:
        card = call("POST", "/enrich", LEAD)["decisions"]["parcel_card"]
    assert (card["id"], card["text"], card["arm"]) == ("card-standard", "Mad", "treated")


def test_a_segment_is_an_edit_of_its_file_and_of_the_treatments(house: House) -> None:
    segments = "reference_data/policy/segments/segments.toml"
    text = (house.root / segments).read_text(encoding="utf-8")
    block = re.search(r'\[\[segment\]\]\ncode = "A2"\n.*?(?=\[\[segment\]\]|\Z)', text, re.DOTALL)
    assert block is not None
    both = 'urbanity = ["rural", "town"]'
    rural = block[0].replace(both, 'urbanity = ["rural"]')
    town = block[0].replace('"A2"', '"A3"').replace(both, 'urbanity = ["town"]')
    house.replace(segments, block[0], rural + town)
    assert "A3" in load_definitions(house.policy / "segments").codes
    assert "'A3' has no treatment" in check_policy(house)
    for name in ("greetings", "offers", "first_emails"):
        house.edit(
            f"reference_data/policy/{name}.toml",
            lambda s: re.sub(r'^(segments = \[.*?)"A2"', r'\1"A2", "A3"', s, flags=re.MULTILINE),
        )
    assert "13 segments" in check_policy(house)
    with asked(house) as call:
        distribution = call("POST", "/enrich", LEAD)["segment"]["distribution"]
    shares = {one["code"]: one["probability"] for one in distribution}
    assert len(shares) == 13
    assert shares["A2"] == 0  # Rønne is a town
    assert shares["A3"] > 0


def test_two_segments_that_overlap_are_refused_by_file_and_line(house: House) -> None:
    segments = "reference_data/policy/segments/segments.toml"
    house.replace(segments, 'urbanity = ["rural", "town"]', 'urbanity = ["rural", "town", "city"]')
    with pytest.raises(PolicyError, match=r"segments\.toml:\d+.*overlaps"):
        load_definitions(house.policy / "segments")


def test_what_an_event_means_for_the_next_decision_is_a_rule(house: House) -> None:
    names = "".join(f'  {language} = "Came back"\n' for language in LANGUAGES)
    rule = (
        '[[sub_segment]]\ncode = "came_back"\norders = [2, 2]\nrecency_days = [0, 30]\nflow = "thank"\n'
        f"  [sub_segment.name]\n{names}\n[[sub_segment]]"
    )
    path = "reference_data/policy/subsegments.toml"
    house.edit(path, lambda text: text.replace("[[sub_segment]]\n", f"{rule}\n", 1))
    with asked(house) as call:
        before = call("POST", "/enrich", CUSTOMER)["sub_segment"]
        for number in (1, 2):
            order = {"event_id": f"order-{number}", "lead_id": LEAD["lead_id"], "kind": "purchase"}
            call("POST", "/events", {**order, "at": datetime.now(UTC).isoformat()})
        after = call("POST", "/enrich", CUSTOMER)["sub_segment"]
    assert before != after
    assert "came_back" in json.dumps(after)


def test_a_statbank_table_and_its_variable_need_no_code(house: House) -> None:
    folder = house.root / "reference_data"
    described = (folder / "sources" / "statbank-folk1a.toml").read_text(encoding="utf-8")
    asked_for = 'variables = { "OMRÅDE" = ["*"], "SVANE" = ["*"], "Tid" = "latest" }'
    described = re.sub(r"^variables = .*$", asked_for, described, flags=re.MULTILINE)
    house.write(
        "reference_data/sources/statbank-svaner.toml",
        described.replace("statbank-folk1a", "statbank-svaner").replace("FOLK1A", "SVANER"),
    )
    variable = (
        'swan_share = { source = "statbank-svaner", level = "municipality", cells = { "SVANE" = ["JA"] }, '
        'out_of = { "SVANE" = ["*"] }, unit = "share of households", topic = "birds", weight = "households", '
        'per = ["dwelling_households.*"], en = "With a swan", da = "Med svane" }\n'
    )
    path = "reference_data/variables/DK.toml"
    house.edit(path, lambda text: text.replace("[published]\n", f"[published]\n{variable}"))
    table = house.root / "raw" / "dk" / "statbank" / "SVANER.csv"
    table.parent.mkdir(parents=True)
    rows = ("000;JA;2026K3;9", "101;JA;2026K3;1", "101;NEJ;2026K3;3", "400;JA;2026K3;2", "400;NEJ;2026K3;2")
    table.write_text("\n".join(["OMRÅDE;SVANE;TID;INDHOLD", *rows]) + "\n", encoding="utf-8")

    sources = load_catalogue(folder / "sources")
    variables = load_variables(house.root / path, {one.id: one.vintage for one in sources.values()})
    [swans] = [one for one in variables.published() if one.code == "swan_share"]
    source = sources[swans.source]
    assert source.form in FORMS  # so a build reads it
    assert fetcher_of(source)  # and a refresh fetches it
    found = read_published(house.root / "raw", source, swans)
    assert found.values.to_dict() == {"0101": 0.25, "0400": 0.5}
    assert found.vintage == "2026-07-01"  # the first day of the quarter, as the source says


# ---------------------------------------------------------------- what is code


def test_a_declared_fact_reaches_evidence_and_the_words_for_the_person(house: House) -> None:
    field = "owns_home: bool | None = None"
    house.edit("service/model/home.py", lambda s: add_to_class(s, "Declared", field))
    sent = "owns_home = Flag(allow_none=True)"
    house.edit("service/web/schemas/enrich.py", lambda s: add_to_class(s, "DeclaredRequest", sent))
    carried = 'owns_home=declared.get("owns_home")'
    house.edit("service/flows/leads.py", lambda s: add_argument(s, "lead_of", "Declared", carried))
    likely = "service/segment/likelihood.py"
    house.edit(likely, lambda s: add_to_class(s, "Facts", "owns: bool | None = None"))
    house.edit(likely, lambda s: add_argument(s, "gather_facts", "Facts", "owns=declared.owns_home"))
    told = '("declared_owns_home", "owner", _register("tenure", TENURES, "owner"))'
    house.edit(likely, lambda s: add_before_return(s, "likelihoods", f"if facts.owns: found.append({told})"))
    for language in LANGUAGES:
        words = f'[facts]\ndeclared_owns_home = "OWNS {language}"\n'
        house.replace(f"reference_data/policy/why/{language}.toml", "[facts]\n", words)
    decided, why = house.answers(
        ("POST", "/enrich", {**LEAD, "declared": {"owns_home": True}}),
        ("GET", "/leads/crm-84213/why?language=sv", None),
    )
    evidence = {one["fact"]: one for one in decided["segment"]["evidence"]}
    assert evidence["declared_owns_home"]["effect"] > 0
    assert "OWNS sv" in json.dumps(why)
    assert "owns_home" in house.describe()
    house.run("service/client/generate.py")
    assert "owns_home" in (house.root / "service" / "client" / "shapes.py").read_text(encoding="utf-8")


def test_an_outcome_kind_is_one_word(house: House) -> None:
    house.edit("service/store/outcomes.py", lambda s: add_to_tuple(s, "OUTCOME_KINDS", '"recommended"'))
    [decided] = house.answers(("POST", "/enrich", LEAD))
    report = {"decision_id": decided["decision_id"], "kind": "recommended", "at": decided["made_at"]}
    taken, lift = house.answers(
        ("POST", "/outcomes", report), ("GET", "/reports/lift?outcome=recommended&by=slot", None)
    )
    assert taken["accepted"] == 1
    assert {(row["slot"], row["treated"], row["treated_rate"]) for row in lift["rows"]} >= {("offer", 1, 1.0)}
    assert "- recommended" in house.describe()


def test_an_analyst_route_is_a_function_a_schema_and_a_few_lines(house: House) -> None:
    flow = (
        "\n\ndef count_countries(codes: tuple[str, ...]) -> int:\n"
        '    """How many countries there are tables for."""\n    return len(codes)\n'
    )
    schema = "\n\nclass CountriesAnswer(Answer):\n    countries = fields.Integer(required=True)\n"
    route = (
        "\n\nfrom service.flows.market import count_countries\n"
        "from service.web.context import current_services\n"
        "from service.web.respond import json_answer\n"
        "from service.web.schemas.market import CountriesAnswer\n\n\n"
        '@blueprint.route("/reports/countries")\n'
        '@endpoint(scope="reports", answers=CountriesAnswer)\n'
        "def countries() -> Response:\n"
        '    """How many countries there are tables for."""\n'
        "    codes = current_services().assets().release.countries\n"
        '    return json_answer({"countries": count_countries(codes)})\n'
    )
    house.edit("service/flows/market.py", lambda s: s + flow)
    house.edit("service/web/schemas/market.py", lambda s: s + schema)
    house.edit("service/web/routes/market.py", lambda s: s + route)
    assert house.answers(("GET", "/reports/countries", None)) == [{"countries": 2}]
    assert "/reports/countries:" in house.describe()


def test_a_route_that_says_nothing_of_its_callers_stops_the_start(house: House) -> None:
    route = '\n\n@blueprint.route("/reports/countries")\ndef countries() -> str:\n    return "two"\n'
    house.edit("service/web/routes/market.py", lambda s: s + route)
    with pytest.raises(AssertionError, match="Routes without @endpoint"):
        house.answers()
