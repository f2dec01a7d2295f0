"""The value-of-geodata curve as a picture. Imported by commands only."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from service.learn.models.geo_value import GeoCurve
from service.learn.page import as_svg
from service.learn.statistics import Z


def curve_parts(curve: GeoCurve, title: str = "What geography is worth as a customer stays") -> list[str]:
    """A plot of the share of predictive gain due to geography over tenure, and the fitted weight."""
    if not curve.points:
        return ["<p>Too few outcomes at any tenure to say what geography is worth.</p>"]
    figure = Figure(figsize=(9, 4), layout="constrained")
    axes: Any = figure.subplots()
    t = [p.tenure_days for p in curve.points]
    share = np.array([100 * p.share for p in curve.points])
    error = np.array([100 * Z * p.error for p in curve.points])
    axes.errorbar(t, share, yerr=error, fmt="o", color="#0b5cad", capsize=3, label="measured, 95 %")
    said = "Too few spans of tenure to fit a weight."
    if curve.half_life_days is not None and curve.floor is not None:
        days = np.linspace(0, max(t) * 1.05, 200)
        weight = curve.floor + (1 - curve.floor) * 0.5 ** (days / curve.half_life_days)
        axes.plot(days, 100 * weight, color="#0a7d4f", label="fitted w_geo(t)")
        said = (
            f"Half of what geography can lose is gone after {curve.half_life_days:.0f} days; "
            f"{curve.floor:.0%} stays."
        )
    axes.set_ylim(-5, 105)
    axes.set_xlabel("days as a customer")
    axes.set_ylabel("% of predictive gain due to geography")
    axes.legend()
    return [f"<h2>{title}</h2>", as_svg(figure), f"<p>{said}</p>"]
