"""The call-centre page in a real browser, over the real release and policy."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from service.config import load_config
from service.model import (
    AddressMatch,
    Decision,
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
from service.store.ids import new_id
from service.web.app import create_app
from service.wiring import Services, build_services

pytestmark = pytest.mark.browser
OFFICE_HOURS = datetime(2026, 11, 24, 10, tzinfo=UTC)  # a Tuesday on which Danes may be called
SECRET = {"Authorization": "Bearer sk_demo"}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
KNOWN = "Sankt Mortens Gade 3, 3700 Rønne"


@pytest.fixture
def services(tmp_path, monkeypatch):
    monkeypatch.setattr(Services, "now", lambda _: OFFICE_HOURS)
    built = build_services(load_config({"ENRICH_DATABASE_URL": f"sqlite:///{tmp_path}/store.sqlite"}))
    yield built
    built.store.close()


@pytest.fixture
def app(services):
    return create_app(services)


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def staffed(client, services):
    """Two agents who are always on shift, and three leads that may be called."""
    for agent_id, name, languages in (("ann", "Ann Østergård", ["da"]), ("bo", "Bo Åkesson", ["da", "sv"])):
        body = {
            "name": name, "languages": languages, "countries": ["DK"], "skills": ["solar"],
            "timezone": "Europe/Copenhagen", "hours": dict.fromkeys(DAYS, "00:00-24:00"), "capacity": 1,
        }  # fmt: skip
        assert client.put(f"/agents/{agent_id}", json=body, headers=SECRET).status_code == 200
    for number in (1, 2, 3):
        services.store.record_decision(decision(f"lead-{number}"))
    services.store.facts.fold()


def decision(lead_id):
    agent = {
        "preferred_agents": ["ann", "bo"], "allowed": True, "allowed_reason": "consent_given",
        "reasons": ["speaks da", "skilled: solar", "phone consent given 2026-11-21"], "call_from": None,
    }  # fmt: skip
    return Decision(
        new_id("dec"), lead_id, "ok", None, datetime.now(UTC), "DK", "da", "web_form",
        AddressMatch("DK", MatchLevel.HOUSE, MatchCategory.A, NextAction.ACCEPT), Place("DK", {}), None,
        Segment("A1", "Unge i byen", 0.8, False, (SegmentShare("A1", 0.8),), (), None), None, Weights(),
        {
            "agent": Treatment("agent", "ann", "treated", 1.0, agent),
            "offer": Treatment("offer", "o", "treated", 1.0, {"title": "Første kasse på prøve"}),
        },
        Versions("r", "p"),
    )  # fmt: skip


@pytest.fixture
def page(browser, base):
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    opened = context.new_page()
    faults = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
    opened.goto(f"{base}/desk")
    yield opened
    assert not faults
    context.close()


def sign_in(page):
    page.get_by_label("Key of your desk").fill("sk_demo")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Next leads")).to_be_visible()


def press(page, key):
    """A key is pressed by somebody who sees the whole page: its script runs once it has loaded."""
    page.wait_for_load_state("load")
    page.keyboard.press(key)


def test_the_desk_has_a_door(page, picture):
    expect(page).to_have_url(re.compile("/desk/sign-in$"))
    picture(page, "desk-door")
    page.get_by_label("Key of your desk").fill("pk_demo")
    page.get_by_role("button", name="Open the desk").click()
    expect(page.get_by_role("alert")).to_contain_text("does not open the desk")
    sign_in(page)
    page.get_by_role("button", name="Sign out").click()
    page.goto(page.url.replace("/desk/sign-in", "/desk"))
    expect(page).to_have_url(re.compile("/desk/sign-in$"))


def test_an_empty_desk_says_so(page):
    sign_in(page)
    expect(page.get_by_text("No lead is waiting.")).to_be_visible()


@pytest.mark.usefixtures("staffed")
def test_reserve_accept_and_complete_with_the_keyboard_alone(page, picture):
    sign_in(page)
    first = page.get_by_role("article", name="Lead lead-1, waiting")
    expect(first).to_contain_text("Suggested: Ann Østergård")
    expect(first).to_contain_text("skilled: solar")
    expect(first).to_contain_text("Første kasse på prøve")
    picture(page, "desk-waiting")
    press(page, "j")
    expect(first).to_be_focused()
    press(page, "r")
    held = page.get_by_role("article", name="Lead lead-1, reserved")
    expect(held).to_contain_text("Ann Østergård")
    expect(page.get_by_role("status")).to_contain_text("An agent is reserved.")
    picture(page, "desk-held")
    press(page, "j")
    press(page, "a")
    expect(page.get_by_role("article", name="Lead lead-1, accepted")).to_be_visible()
    press(page, "j")
    press(page, "c")
    expect(page.get_by_text("Nobody is being called.")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(2)


@pytest.mark.usefixtures("staffed")
def test_tab_reaches_every_control_and_an_agent_can_be_chosen(page):
    sign_in(page)
    card = page.get_by_role("article", name="Lead lead-2, waiting")
    card.get_by_label("Agent for lead lead-2").select_option("bo")
    card.get_by_label("Agent for lead lead-2").press("Tab")
    expect(card.get_by_role("button", name="Reserve")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("article", name="Lead lead-2, reserved")).to_contain_text("Bo Åkesson")


@pytest.mark.usefixtures("staffed")
def test_a_lead_that_was_taken_meanwhile_is_said(page, client):
    sign_in(page)
    taken = client.post("/leads/lead-1/agent/reserve", headers=SECRET)
    assert taken.json["state"] == "reserved"
    page.get_by_role("article", name="Lead lead-1, waiting").get_by_role("button", name="Reserve").click()
    expect(page.get_by_role("alert")).to_contain_text("complete or release")


def test_the_desk_is_closed_to_other_sites_and_weak_keys(client, services):
    client.set_cookie("doorstep_desk", "sk_demo")
    assert client.get("/desk", headers={"Accept": "text/html"}).status_code == 200
    elsewhere = client.post("/desk/leads/lead-1/reserve", headers={"Origin": "https://elsewhere.example"})
    assert elsewhere.status_code == 401
    token, _ = services.store.keys.create("reports only", "secret", ["reports"])
    client.set_cookie("doorstep_desk", token)
    assert client.get("/desk", headers={"Accept": "text/html"}).status_code == 303
    # the cookie opens pages only, not the HTTP interface
    client.set_cookie("doorstep_desk", "sk_demo")
    assert client.get("/agents").status_code == 401


def test_why_in_plain_words_as_json_and_as_a_page(client, browser, base, picture):
    client.post("/enrich", json={"lead_id": "why-1", "address": KNOWN}, headers=SECRET)
    told = client.get("/leads/why-1/why", headers=SECRET)
    assert told.status_code == 200
    assert told.json["language"] == "da"
    codes = [p["code"] for p in told.json["paragraphs"]]
    assert codes[0] == "what"
    assert {"looked", "sources", "decided", "object"} <= set(codes)
    assert "Danmarks Statistik" in told.text
    assert "Mortens" not in told.text
    assert client.get("/leads/why-1/why?language=fi", headers=SECRET).json["language"] == "fi"
    assert client.get("/leads/never/why", headers=SECRET).status_code == 404
    for scheme in ("light", "dark"):
        context = browser.new_context(
            extra_http_headers=SECRET, color_scheme=scheme, viewport={"width": 800, "height": 1000}
        )
        page = context.new_page()
        page.goto(f"{base}/leads/why-1/why")
        expect(page.get_by_role("heading", level=1)).to_have_text(told.json["title"])
        assert page.locator("html").get_attribute("lang") == "da"
        picture(page, f"why-{scheme}")
        context.close()
