"""The TOML file that names online geocoders. Without such a file none is ever asked.

deadline_ms = 800        # all of them together, per request
cache_entries = 2048     # in memory only
cache_seconds = 600
failures = 5             # in a row, then the service rests
pause_seconds = 30

[[geocoder]]
name = "adressevaelger"  # ours: adressevaelger, kartverket, digitransit, nls; or any of geopy's
countries = ["DK"]
[geocoder.settings]      # how the class is made; "${NAME}" is taken from the environment
token = "${ADRESSEVAELGER_TOKEN}"

[[geocoder]]
name = "nominatim"
countries = ["DK", "NO"]
[geocoder.settings]
domain = "nominatim.example.org"
user_agent = "shop-signup"
[geocoder.query]         # what each geocode() gets besides the text
addressdetails = true
country_codes = ["dk", "no"]
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geopy.exc import GeopyError
from geopy.geocoders import get_geocoder_for_service
from geopy.geocoders.base import Geocoder

from service.address.online.adapter import BoundedAdapter
from service.address.online.adressevaelger import Adressevaelger
from service.address.online.finland import Digitransit, NlsFinland
from service.address.online.kartverket import Kartverket
from service.errors import ConfigError

OWN = {
    "adressevaelger": Adressevaelger,
    "kartverket": Kartverket,
    "digitransit": Digitransit,
    "nls": NlsFinland,
}
_NUMBERS = {
    "deadline_ms": (800, 50, 10_000),
    "cache_entries": (2_048, 0, 1_000_000),
    "cache_seconds": (600, 0, 86_400),
    "failures": (5, 1, 1_000),
    "pause_seconds": (30, 1, 86_400),
}
_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class NamedGeocoder:
    """One geocoder, ready to be asked, and the countries it is asked for."""

    name: str
    geocoder: Geocoder
    countries: frozenset[str]
    query: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OnlineSettings:
    """The file, checked."""

    geocoders: tuple[NamedGeocoder, ...]
    deadline_ms: int
    cache_entries: int
    cache_seconds: int
    failures: int
    pause_seconds: int


def load_settings(path: Path, environ: Mapping[str, str] | None = None) -> OnlineSettings:
    """Reads the file. Raises ConfigError that names file, geocoder and setting."""
    environ = os.environ if environ is None else environ
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name}: cannot be read as TOML ({error}).") from error
    unknown = set(table) - set(_NUMBERS) - {"geocoder"}
    if unknown:
        raise ConfigError(f"{path.name}: unknown setting {', '.join(sorted(unknown))}.")
    numbers = {name: _number(path, table, name) for name in _NUMBERS}
    entries = table.get("geocoder")
    if not isinstance(entries, list) or not entries:
        raise ConfigError(f"{path.name}: names no [[geocoder]]; unset the setting to have none.")
    geocoders = tuple(_geocoder(path, at, entry, environ) for at, entry in enumerate(entries, start=1))
    return OnlineSettings(geocoders=geocoders, **numbers)


def _number(path: Path, table: Mapping[str, Any], name: str) -> int:
    usual, low, high = _NUMBERS[name]
    value = table.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConfigError(
            f"{path.name}: {name} is {value!r}; it must be a whole number from {low} to {high}."
        )
    return value


def _geocoder(path: Path, at: int, entry: Mapping[str, Any], environ: Mapping[str, str]) -> NamedGeocoder:
    where = f"{path.name}: geocoder {at}"
    unknown = set(entry) - {"name", "countries", "settings", "query"}
    if unknown:
        raise ConfigError(f"{where}: unknown setting {', '.join(sorted(unknown))}.")
    name, countries = entry.get("name"), entry.get("countries")
    if not isinstance(name, str):
        raise ConfigError(f"{where}: has no name.")
    if not isinstance(countries, list) or not countries or not all(_is_country(code) for code in countries):
        raise ConfigError(f"{where} ({name}): countries must be a list of codes such as ['DK'].")
    settings = {key: _filled(where, value, environ) for key, value in entry.get("settings", {}).items()}
    try:
        made = OWN.get(name.lower()) or get_geocoder_for_service(name)
        geocoder = made(**settings, adapter_factory=BoundedAdapter)
    except (GeopyError, TypeError, ValueError) as error:
        raise ConfigError(f"{where} ({name}): {error}") from error
    return NamedGeocoder(name.lower(), geocoder, frozenset(countries), dict(entry.get("query", {})))


def _is_country(code: object) -> bool:
    return isinstance(code, str) and len(code) == 2 and code.isupper()


def _filled(where: str, value: Any, environ: Mapping[str, str]) -> Any:
    if not isinstance(value, str):
        return value

    def variable(found: re.Match[str]) -> str:
        if not environ.get(found[1]):
            raise ConfigError(f"{where}: the environment has no {found[1]}.")
        return environ[found[1]]

    return _VARIABLE.sub(variable, value)
