"""A stored decision: what is derived from it, and that one file alone knows how it is written."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import orjson

from service.model import Decision, MatchCategory, Segment, Treatment
from service.store.bodies import Given, LoggedMatch, read_body, read_logged, read_slots, show_body, write_body
from service.store.guards import Spend

Make = Callable[..., Decision]
SERVICE = Path(__file__).resolve().parents[2] / "service"


def test_what_is_derived_from_a_stored_decision(make_decision: Make) -> None:
    made = make_decision("crm-7")
    logged = read_logged(write_body(made, [Spend("bike-30d", 50.0), Spend("bag")]))
    assert (logged.decision_id, logged.lead_id, logged.status, logged.reason) == (
        made.decision_id,
        "crm-7",
        "ok",
        None,
    )
    assert logged.made_at == "2026-11-21T10:02:11.123000+00:00"
    assert (logged.country, logged.channel, logged.segment) == ("DK", "web_form", "A1")
    assert logged.area == ("polling_area", "101016")
    assert logged.given == {
        "greeting": Given("greet-city", "treated", 0.95),
        "agent": Given("agent-17", "holdout", 0.05),
    }
    assert logged.match == LoggedMatch("house", "B", "corrected", "")
    assert [tuple(spend) for spend in logged.spends] == [("bike-30d", 50.0), ("bag", 0.0)]
    assert not logged.wants_call  # allowed, but nobody to call
    assert read_slots(write_body(made)) == {"greeting", "agent"}


def test_a_decision_about_nothing_that_was_recognised(make_decision: Make) -> None:
    nothing = Segment(None, None, None, True, (), (), None, "nothing_recognised")
    made = make_decision(profile=None, segment=nothing, unit=None, treatments={})
    body = write_body(made)
    logged = read_logged(body)
    assert (logged.segment, logged.area, logged.given, logged.spends) == ("", ("", ""), {}, [])
    assert read_body(body).segment == nothing
    assert read_body(body).profile is None
    assert read_body(body).unit is None


def test_a_lead_wants_a_call_when_it_is_allowed_and_somebody_can_make_it(make_decision: Make) -> None:
    for allowed, agents, wants in (
        (True, ["agent-1"], True),
        (True, [], False),
        (False, ["agent-1"], False),
        ("yes", ["agent-1"], False),
    ):
        content = {"allowed": allowed, "preferred_agents": agents}
        treatments = {"agent": Treatment("agent", "agent-1", "treated", 0.9, content)}
        assert read_logged(write_body(make_decision(treatments=treatments))).wants_call is wants


def test_a_failed_match_is_counted_by_its_shape_and_one_without_shape_is_not(make_decision: Make) -> None:
    address = make_decision().address
    failed = replace(address, category=MatchCategory.C, reason=None)
    shaped = write_body(make_decision(address=replace(failed, pattern="W N, P W")))
    assert read_logged(shaped).match == LoggedMatch("house", "C", "", "W N, P W")
    assert read_logged(write_body(make_decision(address=failed))).match is None
    typed = write_body(make_decision(address=replace(failed, pattern="Hemmelighedsgade N")))
    assert read_logged(typed).match is None  # no shape, so nothing of it is kept
    assert b"Hemmelighed" not in typed
    long = write_body(make_decision(address=replace(failed, pattern="W " * 60)))
    assert read_logged(long).match == LoggedMatch("house", "C", "", "W " * 40)
    older = show_body(shaped)
    older["match"] = older["match"][:5]  # as the first version wrote it
    del older["spends"]
    assert read_logged(orjson.dumps(older)).match is None
    assert read_logged(orjson.dumps(older)).spends == ()
    assert read_body(orjson.dumps(older)).address.pattern is None


def test_only_one_file_reads_what_a_decision_is_stored_as() -> None:
    readers = {
        str(path.relative_to(SERVICE))
        for path in SERVICE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("orjson.loads", "json.loads")
        if "body" in ast.unparse(node)
    }
    # the desk's own description of an agent is a column of that name, too, and a service answers with one
    assert readers <= {"store/bodies.py", "store/agents.py", "address/online/adapter.py"}
