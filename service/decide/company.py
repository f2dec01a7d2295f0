"""Who the company is, where it sells, and the texts that treatments share: company.toml and texts.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from service.decide.claims import ClaimWords, check_copy
from service.decide.toml_table import TomlTable


@dataclass(frozen=True, slots=True)
class Market:
    """One country that the company sells in."""

    country: str
    language: str  # of leads that name a language the company does not speak
    currency: str
    timezone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Company:
    """The sender. `margin_floor` is the least that one accepted offer must earn, in `currency`."""

    name: str
    legal_name: str
    postal_address: str
    website: str
    privacy_url: str
    contact: str
    currency: str
    margin_floor: float
    discount_budget_per_day: float
    kill_switch: bool
    languages: tuple[str, ...]
    markets: Mapping[str, Market]


def read_company(file: TomlTable) -> Company:
    """company.toml. Raises PolicyError with file and line."""
    languages = file.texts("languages")
    markets = {}
    for row in file.tables("market"):
        country = row.text("country")
        if len(country) != 2 or not country.isupper() or country in markets:
            raise row.fault(f"'{country}' must be one country's two capital letters, once.", "country")
        name = row.text("timezone")
        try:
            zone = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise row.fault(f"'{name}' is no time zone; write one such as Europe/Oslo.", "timezone") from None
        language = row.text("language", allowed=languages)
        markets[country] = Market(country, language, row.text("currency"), zone)
        row.close()
    company = Company(
        name=file.text("name"),
        legal_name=file.text("legal_name"),
        postal_address=file.text("postal_address"),
        website=file.text("website"),
        privacy_url=file.text("privacy_url"),
        contact=file.text("contact"),
        currency=file.text("currency"),
        margin_floor=file.number("margin_floor", low=0, high=1e6),
        discount_budget_per_day=file.number("discount_budget_per_day", low=0, high=1e9),
        kill_switch=file.boolean("kill_switch"),
        languages=languages,
        markets=markets,
    )
    file.close()
    return company


def read_phrases(
    file: TomlTable, languages: tuple[str, ...], claims: Mapping[str, ClaimWords]
) -> dict[str, dict[str, str]]:
    """texts.toml: phrase -> language -> text; each phrase in every language of the company."""
    phrases: dict[str, dict[str, str]] = {}
    for name in file.names():
        table = file.table(name)
        phrases[name] = {}
        for language in languages:
            if not table.has(language):
                raise table.fault(f"text '{name}' has no translation for '{language}'; add one.")
            text = table.text(language)
            check_copy(table, language, (text,), claims[language])
            phrases[name][language] = text
        table.close()
    return phrases
