"""One self-contained HTML page of tables and plots: no script, no file beside it, no network."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from matplotlib.figure import Figure

from service.analyst.plots import png_bytes, write_plot
from service.analyst.tables import AnalystTable, write_tables

MOST_ROWS = 200
TEMPLATE = Path(__file__).with_name("report.html")


@dataclass(slots=True)
class Report:
    """What an analyst's command found: tables, the plots that belong to each, and findings in words."""

    title: str
    about: str
    tables: list[AnalystTable] = field(default_factory=list)
    plots: dict[str, list[tuple[str, Figure]]] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)

    def add(self, table: AnalystTable, *plots: tuple[str, Figure]) -> None:
        """Adds a table with its plots (name, figure)."""
        self.tables.append(table)
        self.plots[table.name] = list(plots)

    def write(self, folder: Path, formats: Sequence[str]) -> list[Path]:
        """Tables, dictionary, plots (PNG and SVG) and `report.html` in `folder`; the files written."""
        written = write_tables(self.tables, folder, formats)
        for plots in self.plots.values():
            for name, figure in plots:
                written += write_plot(figure, folder, name)
        page = folder / "report.html"
        page.write_text(render_page(self), encoding="utf-8")
        return [*written, page]


def render_page(report: Report, language: str = "en") -> str:
    """The whole page as text."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        language=language,
        title=report.title,
        about=report.about,
        findings=report.findings,
        sections=[_section(table, report.plots.get(table.name, [])) for table in report.tables],
    )


def _section(table: AnalystTable, plots: Sequence[tuple[str, Figure]]) -> Mapping[str, Any]:
    shown = table.frame.head(MOST_ROWS)
    hidden = len(table.frame) - len(shown)
    return {
        "name": table.name,
        "title": table.title,
        "columns": list(table.columns.items()),
        "rows": [[_cell(value) for value in row] for row in shown.itertuples(index=False)],
        "more": f"{hidden:,} more rows are in the file {table.name}." if hidden else "",
        "pictures": [
            {"alt": name.replace("_", " "), "base64": base64.b64encode(png_bytes(figure)).decode()}
            for name, figure in plots
        ],
    }


def _cell(value: object) -> Mapping[str, Any]:
    if isinstance(value, (bool, np.bool_)):
        return {"text": "yes" if value else "no", "number": False}
    if isinstance(value, (int, np.integer)):
        return {"text": f"{value:,}", "number": True}
    if isinstance(value, (float, np.floating)):
        if not np.isfinite(value):
            return {"text": "not known", "number": True}
        size = abs(float(value))
        digits = 0 if size >= 100 else 1 if size >= 10 else 3
        return {"text": f"{value:,.{digits}f}", "number": True}
    return {"text": str(value), "number": False}
