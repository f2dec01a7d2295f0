"""One self-contained HTML page with plots. Imported by commands only: matplotlib draws it."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Sequence

import matplotlib as mpl

mpl.use("svg")
from matplotlib.figure import Figure  # the backend has to be chosen first

_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;
padding:0 1rem;color:#1c2733}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}svg{max-width:100%;height:auto}
.warn{background:#fff3d6;border-left:4px solid #d98e04;padding:.5rem 1rem}li{margin:.3rem 0}
table{border-collapse:collapse}td,th{border-bottom:1px solid #dde3ea;padding:.3rem .7rem;text-align:left}"""


def page(title: str, parts: Sequence[str]) -> str:
    """A whole HTML document of ready parts."""
    body = "\n".join(parts)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{html.escape(title)}</h1>\n{body}\n</body></html>\n"
    )


def as_svg(figure: Figure) -> str:
    """Inline SVG without dates or random ids, so that the same figures give the same page."""
    out = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "doorstep"}):
        figure.savefig(out, format="svg", metadata={"Date": None})
    text = out.getvalue()
    return re.sub(r"^.*?(?=<svg)", "", text, flags=re.DOTALL)
