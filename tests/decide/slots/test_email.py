"""E-mails as they are sent: subject, text and HTML, with the notice on how to object in all of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from service.decide.choose import choose_treatments
from service.decide.policy import Policy, load_policy
from service.decide.situation import Situation
from service.errors import PolicyError
from service.model import Consent

Make = Callable[..., Situation]


class Words(HTMLParser):
    """The text of a page, and its language."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.language: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "html":
            self.language = dict(attrs).get("lang")

    def handle_data(self, data: str) -> None:
        self.found.append(data.strip())


@pytest.mark.parametrize("language", ["da", "sv", "nb", "fi", "en"])
@pytest.mark.parametrize("consented", [True, False])
def test_the_notice_is_in_every_mail_in_the_leads_language(
    policy: Policy,
    codes: tuple[str, ...],
    make_situation: Make,
    make_lead: Callable,
    make_segment: Callable,
    language: str,
    consented: bool,
) -> None:
    for code in codes:
        lead = make_lead(f"lead-{code}", language=language, consent=None if consented else Consent())
        content = choose_treatments(policy, make_situation(lead, make_segment(code)))["first_email"].content
        mail = policy.email.render(content)
        page = Words()
        page.feed(mail.html)
        notice = policy.phrases["objection_notice"][language]
        assert notice in mail.text
        assert notice in page.found
        assert page.language == language
        assert policy.company.privacy_url in mail.text
        assert policy.company.privacy_url in mail.html
        assert policy.company.postal_address in mail.text
        assert mail.subject == content["subject"]
        for block in content["blocks"]:
            assert block in mail.text
            assert block in page.found


def test_markup_in_copy_is_shown_and_not_obeyed(
    policy: Policy, make_situation: Make, make_lead: Callable
) -> None:
    content = dict(choose_treatments(policy, make_situation(make_lead()))["first_email"].content)
    content["subject"] = "Spar <b>25</b>\r\nBcc: everybody@example.org"
    content["blocks"] = ["<script>alert(1)</script>", "{{ 7 * 7 }}"]
    mail = policy.email.render(content)
    assert "<script>" not in mail.html
    assert "&lt;script&gt;" in mail.html
    assert "{{ 7 * 7 }}" in mail.text
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("email/layout.txt.jinja", "{{ objection_notice }}", "", "email/layout.txt.jinja:1: it leaves out"),
        ("email/layout.html.jinja", "{{ objection_notice }}", "", "email/layout.html.jinja:1: it leaves out"),
        ("email/layout.html.jinja", "{% endfor %}", "", "email/layout.html.jinja:"),
        ("email/layout.txt.jinja", "{{ website }}", "{{ webside }}", "'webside' is undefined"),
        ("email/layout.txt.jinja", "{{ website }}", "{{ ''.__class__.__mro__ }}", "email/layout.txt.jinja:7"),
        ("email/layout.txt.jinja", "{{ website }}", "{{ 1/0 }}", "email/layout.txt.jinja:7: .*this is div"),
        (
            "email/layout.txt.jinja",
            "{{ website }}",
            "{{ website.more }}",
            "email/layout.txt.jinja:7: ",
        ),
        ("email/layout.txt.jinja", "{{ website }}", "{% include 'x' %}", "email/layout.txt.jinja:7: "),
        (
            "email/layout.html.jinja",
            "{{ subject }}",
            "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
            "email/layout.html.jinja:6: ",
        ),
        (
            "email/layout.html.jinja",
            "{{ block }}",
            "{% for letter in block %}{{ letter }}{% endfor %}",
            "email/layout.html.jinja:11: .*this is a loop in a loop",
        ),
        ("email/layout.txt.jinja", "{{ website }}", "{{ website | center(99999999) }}", "this is filter"),
    ],
)
def test_a_layout_that_cannot_be_sent_is_refused(
    policy_folder: Path,
    codes: tuple[str, ...],
    edit: Callable[[str, str, str], int],
    name: str,
    old: str,
    new: str,
    says: str,
) -> None:
    edit(name, old, new)
    with pytest.raises(PolicyError) as caught:
        load_policy(policy_folder, codes)
    assert re.search(says, str(caught.value))


def test_a_layout_in_another_encoding_is_refused_by_its_line(
    policy_folder: Path, codes: tuple[str, ...]
) -> None:
    path = policy_folder / "email" / "layout.txt.jinja"
    path.write_bytes(path.read_bytes() + "Hilsen på dansk".encode("cp1252"))
    with pytest.raises(PolicyError, match=r"email/layout\.txt\.jinja:\d+: it is not UTF-8"):
        load_policy(policy_folder, codes)
