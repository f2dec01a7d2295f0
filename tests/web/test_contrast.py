"""The colours of the pages: text against what lies behind it, in the light and in the dark (WCAG AA)."""

from __future__ import annotations

import re

import pytest

from service.web.page import PAGES

LEAST = 4.5
PAIRS = [
    ("ink", "paper"), ("ink", "card"), ("quiet", "paper"), ("quiet", "card"), ("accent", "paper"),
    ("accent", "card"), ("accent", "accent-soft"), ("accent-ink", "accent"), ("ink", "accent-soft"),
    ("quiet", "accent-soft"), ("warn", "warn-soft"), ("ink", "warn-soft"), ("bad", "bad-soft"),
    ("ink", "bad-soft"), ("quiet", "bad-soft"),
]  # fmt: skip


def themes():
    sheet = (PAGES / "doorstep.css").read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)[:2]
    return {name: dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for name, block in
            (("light", light), ("dark", dark))}  # fmt: skip


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "behind"), PAIRS)
def test_text_stands_out(theme, text, behind):
    colours = themes()[theme]
    lighter, darker = sorted((luminance(colours[text]), luminance(colours[behind])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= LEAST
