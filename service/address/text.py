"""From what was typed to folded tokens, in one pass and in bounded time.

Folding makes spellings of one name equal: case, accents, and the country's own letters written in
several ways (`ø = oe = o`, `å = aa = a`, `æ = ae`). A *key* is a name folded with its spaces gone, so
that split and joined compounds are equal as well.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from service.address.rules import CountryRules

MAX_CHARS = 400  # of one address; what lies beyond is counted as left over
MAX_TOKENS = 40

# One alternative per character class: linear, nothing to backtrack into.
_TOKEN = re.compile(r"[0-9]+|[^\W\d_]+")
_HARD = frozenset(',;\n\r|()[]{}<>"')
_APOSTROPHES = dict.fromkeys(map(ord, "'’‘`´ʼ"), "")
_ESCAPES = re.compile(r"\\[trn]")  # escape sequences that arrive as two characters from careless exports


@dataclass(slots=True)
class Tokens:
    """The tokens of one text. Lists run in parallel; `raw` is the text that `start`/`end` point into."""

    raw: str
    folded: list[str]
    is_number: list[bool]
    start: list[int]
    end: list[int]
    gap: list[str]  # what stood before the token: "" glued, or the separating characters
    hard: list[bool]  # a comma, newline or bracket stood before the token
    truncated: bool

    def __len__(self) -> int:
        return len(self.folded)

    def written(self, first: int, last: int) -> str:
        """The text of tokens first..last-1 as it was typed."""
        return self.raw[self.start[first] : self.end[last - 1]]


def fold_word(word: str, rules: CountryRules) -> str:
    """One word, folded; idempotent on ASCII."""
    if word.isascii():
        folded = word.lower()
    else:
        folded = word.lower().translate(rules.letters)
        if not folded.isascii():
            folded = folded.translate(_EXTRA)
            if not folded.isascii():
                decomposed = unicodedata.normalize("NFKD", folded)
                folded = "".join(c for c in decomposed if not unicodedata.combining(c))
    for pair, single in rules.collapse:
        while pair in folded:
            folded = folded.replace(pair, single)
    return folded


_EXTRA = {
    ord("ß"): "ss",
    ord("ð"): "d",
    ord("þ"): "th",
    ord("đ"): "d",
    ord("ł"): "l",
    ord("œ"): "oe",
    ord("ı"): "i",
}


def clean_text(text: str) -> tuple[str, bool]:
    """The text normalised (NFKC), apostrophes gone, capped; and whether something was cut off."""
    head = text[: MAX_CHARS * 4]
    if not head.isascii():
        head = unicodedata.normalize("NFKC", head)
    head = head.translate(_APOSTROPHES)
    if "\\" in head:
        head = _ESCAPES.sub(" ", head)
    lines = [" ".join(line.split()) for line in head.splitlines()]
    joined = "\n".join(line for line in lines if line)
    cut = len(joined) > MAX_CHARS or (len(text) > MAX_CHARS * 4 and bool(text[MAX_CHARS * 4 :].strip()))
    return joined[:MAX_CHARS], cut


def tokenise(text: str, rules: CountryRules) -> Tokens:
    """Splits a text into folded letter and digit runs ("52C" is two tokens, glued)."""
    raw, cut = clean_text(text)
    tokens = Tokens(raw, [], [], [], [], [], [], cut)
    last = 0
    for found in _TOKEN.finditer(raw):
        if len(tokens.folded) == MAX_TOKENS:
            tokens.truncated = True
            break
        start, end = found.span()
        gap = raw[last:start]
        word = found.group()
        number = "0" <= word[0] <= "9"
        tokens.folded.append(word if number else fold_word(word, rules))
        tokens.is_number.append(number)
        tokens.start.append(start)
        tokens.end.append(end)
        tokens.gap.append(gap)
        tokens.hard.append(bool(gap) and not _HARD.isdisjoint(gap))
        last = end
    return tokens


def fold_key(name: str, rules: CountryRules) -> str:
    """A name as its key: folded, only letters and digits. Collapsing runs over the joined text."""
    raw = unicodedata.normalize("NFKC", name).translate(_APOSTROPHES)
    return join_key([fold_word(word, rules) for word in _TOKEN.findall(raw)], rules)


def join_key(folded: list[str], rules: CountryRules) -> str:
    """The key of folded words."""
    key = "".join(folded)
    for pair, single in rules.collapse:
        while pair in key:
            key = key.replace(pair, single)
    return key


def name_words(name: str, rules: CountryRules) -> tuple[str, ...]:
    """The folded words of a name, runs of initials joined ("H. C. Andersens" -> "hc", "andersens")."""
    raw = unicodedata.normalize("NFKC", name).translate(_APOSTROPHES)
    return join_initials([fold_word(word, rules) for word in _TOKEN.findall(raw)])


def raw_words(name: str) -> list[str]:
    """The words of a name as written, case apart: what a literally equal name shares."""
    return _TOKEN.findall(name.casefold())


def join_initials(folded: list[str]) -> tuple[str, ...]:
    """Folded words with each run of single letters made one word."""
    words: list[str] = []
    run = ""
    for word in folded:
        if len(word) == 1 and word.isalpha():
            run += word
            continue
        if run:
            words.append(run)
            run = ""
        words.append(word)
    if run:
        words.append(run)
    return tuple(words)


def expand_words(folded: list[str], rules: CountryRules, limit: int = 8) -> list[list[str]]:
    """The ways to write abbreviated words in full, the unabbreviated text itself left out."""
    variants: list[list[str]] = [[]]
    last = len(folded) - 1
    for at, word in enumerate(folded):
        options = [word]
        if at < last or at == 0:
            options += rules.words.get(word, ())
        if at == last:
            options += _expand_suffix(word, at, rules)
        variants = [[*head, option] for head in variants for option in options][: limit + 1]
    return [variant for variant in variants if variant != folded][:limit]


def _expand_suffix(word: str, at: int, rules: CountryRules) -> list[str]:
    if at > 0 and word in rules.suffixes:
        return list(rules.suffixes[word])
    found: list[str] = []
    for short, full in rules.suffixes.items():
        if len(word) > len(short) + 1 and word.endswith(short):
            found += [word[: -len(short)] + ending for ending in full if not word.endswith(ending)]
    return found
