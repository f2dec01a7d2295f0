"""The form widget in a real browser: keyboard, screen reader, a stale answer, a service that is away."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser, base):
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    opened = context.new_page()
    faults = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
    opened.goto(f"{base}/demo")
    yield opened
    assert not faults
    context.close()


def field(page):
    return page.get_by_role("combobox", name="Adresse")


def test_suggestions_open_and_are_announced(page, picture):
    field(page).press_sequentially("nørrebrogade 1", delay=10)
    expect(page.get_by_role("listbox", name="Adresser")).to_be_visible()
    expect(page.get_by_role("option")).to_have_count(8)
    expect(field(page)).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_text("8 forslag. Brug piletasterne.")).to_be_attached()
    picture(page, "widget-list")


def test_the_keyboard_is_enough(page):
    field(page).press_sequentially("nørrebrogade 1", delay=10)
    expect(page.get_by_role("listbox")).to_be_visible()
    field(page).press("ArrowDown")
    field(page).press("ArrowDown")
    marked = page.locator("[role=option][aria-selected=true]")
    expect(marked).to_have_text("Nørrebrogade 10, 2200 København N")
    expect(field(page)).to_have_attribute("aria-activedescendant", marked.get_attribute("id"))
    field(page).press("ArrowUp")
    field(page).press("ArrowUp")
    expect(marked).to_have_text("Nørrebrogade 16, 2200 København N")  # round the end
    field(page).press("Enter")
    expect(field(page)).to_have_value("Nørrebrogade 16, 2200 København N")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(page.locator("#welcome")).to_be_hidden()  # Enter chose; it did not send the form
    expect(page.locator("input[name=next_action]")).to_have_value("confirm")


def test_escape_closes_and_keeps_what_was_typed(page):
    field(page).press_sequentially("nørre", delay=10)
    expect(page.get_by_role("listbox")).to_be_visible()
    field(page).press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(field(page)).to_have_value("nørre")
    expect(field(page)).to_have_attribute("aria-expanded", "false")


def test_a_street_waits_for_its_number_with_the_caret_in_place(page):
    field(page).press_sequentially("nørre", delay=10)
    expect(page.get_by_role("listbox")).to_be_visible()
    field(page).press("ArrowDown")
    field(page).press("Enter")
    expect(field(page)).to_have_value("Nørrebrogade , 2200 København N")
    field(page).press_sequentially("52", delay=10)
    expect(field(page)).to_have_value("Nørrebrogade 52, 2200 København N")


def test_the_mouse_works_too(page):
    field(page).press_sequentially("nørrebrogade 2", delay=10)
    page.get_by_role("option").nth(3).click()
    expect(field(page)).to_have_value("Nørrebrogade 22, 2200 København N")


def test_a_correction_is_offered_and_taken(page, picture):
    field(page).fill("Nørebrogade 52C, 2. th, 2200 København N")
    field(page).blur()
    offered = page.get_by_role("button", name="Brug denne adresse: Nørrebrogade 52C, 2. th, 2200 København N")
    expect(offered).to_be_visible()
    expect(page.locator("input[name=next_action]")).to_have_value("confirm")
    picture(page, "widget-confirm")
    offered.click()
    expect(field(page)).to_have_value("Nørrebrogade 52C, 2. th, 2200 København N")


def test_nonsense_is_said_kindly_and_the_form_goes_on(page):
    field(page).fill("xyz")
    field(page).blur()
    expect(page.get_by_text("Vi kunne ikke finde adressen")).to_be_visible()
    expect(page.locator("input[name=next_action]")).to_have_value("fix")
    page.get_by_role("button", name="Fortsæt").click()
    expect(page.locator("#welcome")).to_be_visible()


def test_the_welcome_is_shown(page, picture):
    field(page).fill("Nørrebrogade 52C, 2200 København N")
    page.get_by_role("button", name="Fortsæt").click()
    expect(page.get_by_role("heading", name="Velkommen til Nørrebro")).to_be_visible()
    picture(page, "demo-welcome")


def test_a_late_answer_does_not_overtake_a_newer_one(page):
    page.route("**/addresses?q=n%C3%B8r&*", lambda route: (page.wait_for_timeout(700), route.continue_()))
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/addresses?" in request.url else None)
    field(page).fill("nør")
    page.wait_for_timeout(250)  # longer than the pause: the first question is under way
    field(page).fill("xyz")
    page.wait_for_timeout(1000)
    assert len(asked) == 2
    expect(page.get_by_role("option")).to_have_count(0)


def test_fast_typing_asks_once(page):
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/addresses?" in request.url else None)
    field(page).press_sequentially("nørrebrogade", delay=5)
    expect(page.get_by_role("listbox")).to_be_visible()
    assert len(asked) <= 2


@pytest.mark.parametrize("fault", ["abort", "500", "hang"])
def test_a_service_that_is_away_does_not_hold_the_form_back(page, fault):
    def fail(route):
        if fault == "abort":
            route.abort()
        elif fault == "500":
            route.fulfill(status=500, body="{}", content_type="application/json")

    page.route("**/addresses**", fail)
    field(page).press_sequentially("Nørrebrogade 3", delay=5)
    field(page).press("Tab")
    expect(field(page)).to_have_value("Nørrebrogade 3")
    expect(page.locator("input[name=next_action]")).to_have_value("")
    page.get_by_role("button", name="Fortsæt").click()
    expect(page.locator("#welcome")).to_be_visible()


def test_the_page_is_usable_on_a_small_dark_screen(browser, base, picture):
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme="dark")
    page = context.new_page()
    page.goto(f"{base}/demo")
    field(page).press_sequentially("nørre", delay=10)
    expect(page.get_by_role("listbox")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(page, "demo-dark-small")
    context.close()


def test_the_documentation_page_is_whole(browser, base, picture):
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{base}/docs")
    expect(page.get_by_role("heading", name="HTTP interface")).to_be_visible()
    assert all(url.startswith(base) for url in asked)
    picture(page, "docs")
    context.close()
