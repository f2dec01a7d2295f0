"""`[published]` variables: figures that a publisher gives per area of one level."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from service.errors import SourceError
from service.refdata.countries.tables import Given
from service.refdata.sources import statbank
from service.refdata.variables import Published, Variable, VariableSet

# The areas are those of the variable's level: index code, column name, and what their own source publishes.
Reader = Callable[[Given, Variable, pd.DataFrame], Published]


def _of_statbank(given: Given, variable: Variable, areas: pd.DataFrame) -> Published:
    return statbank.read_published(given.raw, given.sources[variable.source], variable)


FORMS: Mapping[str, Reader] = {"statbank": _of_statbank}


def read_published(
    given: Given, levels: Mapping[str, pd.DataFrame], own: Mapping[str, Reader]
) -> tuple[dict[str, pd.Series], VariableSet]:
    """Figures per variable, and the variables with the vintages that came with them.

    `own`: the country's readers by source, for what no form reads. Raises SourceError with file and line.
    """
    figures, vintages = {}, {}
    for variable in given.variables.published():
        where = f"{variable.where}: variable {variable.code!r}"
        if variable.level not in levels:
            raise SourceError(f"{where}: level {variable.level!r} is none of {', '.join(levels)}.")
        source = given.sources[variable.source]
        reader = own.get(source.id) or FORMS.get(source.form)
        if reader is None:
            raise SourceError(
                f"{where}: nothing reads published figures of source {source.id!r} (form {source.form!r}); "
                f"take a source of form {' or '.join(FORMS)}, or write a reader into "
                f"countries/{given.tables.country.lower()}/published.py."
            )
        areas = levels[variable.level]
        found = reader(given, variable, areas)
        if not found.values.index.isin(areas.index).any():
            raise SourceError(f"{where}: rule matched-keys: {source.id!r} has no {variable.level} of ours.")
        figures[variable.code] = found.values
        if found.vintage:
            vintages[variable.code] = found.vintage
    return figures, given.variables.with_vintages(vintages)
