"""Copy never states an inferred fact about the person who reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from service.decide.claims import TOPICS, ClaimWords, find_claim, read_claims
from service.decide.policy import Policy, load_policy
from service.decide.toml_table import load_toml
from service.errors import PolicyError

POLICY = Path(__file__).resolve().parents[2] / "reference_data" / "policy"


@pytest.fixture(scope="module")
def claims(policy: Policy) -> Mapping[str, ClaimWords]:
    return read_claims(load_toml(POLICY, "claims.toml"), policy.company.languages)


REFUSED = [
    ("da", "Dine børn vil elske det"),
    ("da", "Vi ved, at du har travlt"),
    ("da", "Perfekt til dig, der er ung i byen."),
    ("da", "Velkommen. Med din indkomst er det en god handel!"),
    ("da", "Mad til dig i lejligheden"),
    ("sv", "Dina barn kommer att älska maten"),
    ("sv", "För dig som är pensionär"),
    ("nb", "Barna dine elsker den"),
    ("nb", "Du som eier villa, får mer"),
    ("fi", "Lapsesi rakastavat tätä"),
    ("fi", "Sinulle, joka olet eläkkeellä"),
    ("fi", "Sopii tuloillesi ja perheellesi"),
    ("en", "Your children will love it"),
    ("en", "For you and your family"),
    ("en", "At your age, food matters"),
    ("en", "You deserve it: as a parent, time is short"),
    ("en", "YOUR KIDS WILL LOVE IT"),
    ("en", "a box for people like you"),
]
ALLOWED = [
    ("da", "Retter, som børn kan lide. Bestil, når det passer dig."),
    ("da", "Vælg leveringsdag, og hold pause, når du vil"),
    ("sv", "Rätter som barn tycker om. Beställ när det passar dig."),
    ("nb", "Levert på døren, når det passer deg"),
    ("fi", "Tilaa silloin kun sopii"),
    ("en", "Dishes that children like"),
    ("en", "Order when it suits you. A large box for a large table."),
    ("en", "Young potatoes from Samsø"),
]


@pytest.mark.parametrize(("language", "text"), REFUSED)
def test_a_statement_about_the_reader_is_found(
    claims: Mapping[str, ClaimWords], language: str, text: str
) -> None:
    assert find_claim(text, claims[language])


@pytest.mark.parametrize(("language", "text"), ALLOWED)
def test_copy_about_the_product_passes(claims: Mapping[str, ClaimWords], language: str, text: str) -> None:
    assert find_claim(text, claims[language]) is None


def test_every_topic_of_every_language_is_really_looked_for(claims: Mapping[str, ClaimWords]) -> None:
    for words in claims.values():
        for topic in TOPICS:
            for entry in words.topics[topic]:
                assert find_claim(f"{words.reader[0]} {entry.rstrip('*')}", words), entry


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("greetings.toml", 'text = "Large portions', 'text = "Your kids like large portions'),
        ("offers.toml", 'title = "75 Danish', 'title = "For you, retired: 75 Danish'),
        ("texts.toml", 'en = "Everybody who', 'en = "You are retired, as everybody who'),
        ("offers.toml", 'title = "Three boxes', 'title = "On your income: three boxes'),
        ("first_emails.toml", "\"This week's new dishes", "\"Your children ask for this week's new dishes"),
    ],
)
def test_such_copy_is_refused_at_load(
    policy_folder: Path,
    codes: tuple[str, ...],
    edit: Callable[[str, str, str], int],
    name: str,
    old: str,
    new: str,
) -> None:
    line = edit(name, old, new)
    with pytest.raises(PolicyError) as caught:
        load_policy(policy_folder, codes)
    assert str(caught.value).startswith(f"{name}:{line}: ")
    assert "may not be sent" in str(caught.value)


def test_a_topic_without_words_is_refused(
    policy_folder: Path, codes: tuple[str, ...], edit: Callable[[str, str, str], int]
) -> None:
    text = (policy_folder / "claims.toml").read_text(encoding="utf-8")
    family = next(line for line in text.splitlines() if line.startswith("family = "))
    line = edit("claims.toml", family, "family = []")
    with pytest.raises(PolicyError, match=rf"claims.toml:{line}: 'family' has no words"):
        load_policy(policy_folder, codes)


PLAIN = ClaimWords(
    reader=("you", "your"),
    endings=(),
    topics={"family": ("you*", "kid"), "money": ("rich*", "poor")},
    phrases=("at your age",),
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("You like it.", None),  # the word that speaks to the reader is no topic by itself
        ("You like it, kid", "one sentence says 'you' and 'kid' (family)"),
        ("You like it! The kid is fed.", None),
        ("You like it? The kid is fed.", None),
        ("You like it; the kid is fed.", None),
        ("You like it: the kid is fed.", None),
        ("You like it\nthe kid is fed.", None),
        ("You like kids", None),  # only words with a star stand for those that begin so
        ("Richness for you", "'you' and 'richness' (money)"),
        ("The poor and the rich", None),
        ("AT  YOUR\tAGE", "it says 'at your age'"),
        ("at your own age", None),
        ("your-kid", "'your' and 'kid'"),
        ("", None),
    ],
)
def test_one_sentence_is_looked_at_at_a_time(text: str, says: str | None) -> None:
    found = find_claim(text, PLAIN)
    assert (found is None) is (says is None)
    assert says is None or says in (found or "")


def test_a_language_that_says_your_by_an_ending_is_read_so(claims: Mapping[str, ClaimWords]) -> None:
    assert "perheesi" in (find_claim("Ruoka perheesi pöytään", claims["fi"]) or "")
    assert find_claim("Ruoka perheen pöytään", claims["fi"]) is None
    assert find_claim("Ruokasi pöytään", claims["fi"]) is None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[fi]", "[fr]", "there are no words for 'fi'"),
        ('age = ["young*"', 'age = [] # ["young*"', "'age' has no words"),
        ('reader = ["you"', 'reader = [] # ["you"', "'reader' has no words"),
        ("[en]\nreader", '[en]\nagee = ["x"]\nreader', "unknown key 'agee'"),
        ('text = "', 'text = "{name}, ', "copy has no placeholders"),
        ('text = "', 'text = "}', "copy has no placeholders"),
    ],
)
def test_a_lint_that_would_find_nothing_is_refused(
    policy_folder: Path,
    codes: tuple[str, ...],
    edit: Callable[[str, str, str], int],
    old: str,
    new: str,
    says: str,
) -> None:
    edit("greetings.toml" if old.startswith("text") else "claims.toml", old, new)
    with pytest.raises(PolicyError) as caught:
        load_policy(policy_folder, codes)
    assert says in str(caught.value)
