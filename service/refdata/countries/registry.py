"""Which countries can be built: the folders beside this file, each with the same file names."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from service.refdata import countries
from service.refdata.countries.tables import Given
from service.refdata.steps import Step


@dataclass(frozen=True, slots=True)
class Country:
    """What the building half asks of a country's folder.

    `levels` finest first, `country` last. `steps` builds it into `given.tables`. `official_towns`: the
    names in its postcode table are the post towns that stand on letters.
    """

    code: str
    levels: tuple[str, ...]
    steps: Callable[[Given], list[Step]]
    official_towns: bool


@cache
def buildable_countries() -> Mapping[str, Country]:
    """Every country with a folder, by code (ISO 3166-1 alpha-2), sorted."""
    found = {}
    for folder in sorted(m.name for m in pkgutil.iter_modules(countries.__path__) if m.ispkg):
        build = importlib.import_module(f"{countries.__name__}.{folder}.build")
        addresses = importlib.import_module(f"{countries.__name__}.{folder}.addresses")
        code = folder.upper()
        found[code] = Country(code, build.LEVELS, build.steps, addresses.OFFICIAL_TOWNS)
    return found
