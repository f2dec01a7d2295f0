"""What is sensitive is refused by name, in a table of leads and in a publisher's file."""

from __future__ import annotations

import pytest

from service.files.denied import denied_topic
from service.refdata.denied import load_denied


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("pctNonWestern_2020", "origin"), ("statsborgerskab", "origin"), ("pwhite", "origin"),
        ("Medlemsskab_af_folkekirken", "religion"), ("sygdomsdage", "health"), ("kontanthjaelp", "benefits"),
        ("kontanthjælp_pct", "benefits"), ("Kriminalitet_2019", "crime"), ("rikostuomio", "crime"),
        ("cpr-nr", "identity"), ("äänestysaktiivisuus", "politics"),
        ("trace", None), ("original_price", None), ("embrace_rate", None), ("benefit_shown", None),
        ("third_party", None), ("black_friday_buyer", None), ("pct_black", "origin"),
        ("voted_best_shop_css", "politics"), ("grace_days", None), ("domain", None),
    ],
)  # fmt: skip
def test_sensitive_columns_are_refused_by_name(name, topic) -> None:
    assert denied_topic(name) == topic


def test_a_publishers_name_is_refused_by_word_and_by_pattern() -> None:
    denied = load_denied()
    assert denied.match("Antal medlemmer af Folkekirken") == ("folkekirke", "religion")
    assert denied.match("pctNonWestern_2020") == ("pctNonWestern_2020", "origin")
    assert denied.match("09. Efterløn_I alt") == ("efterløn", "benefits")
    assert denied.match("Ejerboliger") is None
