"""The model card of every model (Mitchell et al. 2019): what it is for, what it saw, how good, its limits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

INTENDED = (
    "Choosing what to say at a first handshake among treatments that are all acceptable to give to anybody. "
    "Not for prices, credit, refusals, or anything with legal effect."
)
LIMITS = (
    "Figures are from held-out rows of the table it was fitted on; "
    "`enrich learn evaluate` on newer, unseen rows decides.",
    "Columns on origin, religion, health, politics, crime, benefits and identity are refused by name; "
    "other columns may still be proxies for them: see the fairness report.",
    "It describes leads like those in the table; another channel, season or country needs its own rows.",
)


def write_card(meta: Mapping[str, Any], folder: Path) -> None:
    """card.json and card.md."""
    card = {
        "outcome": meta["outcome"],
        "task": meta["task"],
        "rows": meta["rows"],
        "mean_outcome": meta["mean_outcome"],
        "arms": meta["arms"],
        "model": meta["response"]["choice"],
        "held_out_loss": meta["response"]["losses"],
        "decided_on": meta["response"]["decided_on"],
        "columns": [c["name"] for c in meta["columns"]],
        "left_out": meta["dropped"],
        "refused": meta["refused"],
        "notes": meta["notes"],
        "effects": [{k: v for k, v in e.items() if k != "parts"} for e in meta.get("effects", [])],
        "policy": meta.get("policy"),
        "intended_use": INTENDED,
        "limits": list(LIMITS),
    }
    (folder / "card.json").write_text(json.dumps(card, ensure_ascii=False, indent=2), encoding="utf-8")
    (folder / "card.md").write_text("\n".join(card_lines(meta)) + "\n", encoding="utf-8")


def card_lines(meta: Mapping[str, Any]) -> list[str]:
    """The card as Markdown lines; also what `fit` prints."""
    response = meta["response"]
    lines = [
        f"# Model card: {meta['outcome']}",
        "",
        f"**Intended use.** {INTENDED}",
        "",
        f"**Table.** {meta['rows']:,} rows; mean outcome {meta['mean_outcome']:.4g}"
        + (f"; yes is `{meta['yes']}`, no is `{meta['no']}`" if meta["task"] == "binary" else "")
        + f"; {len(meta['columns'])} columns used.",
        "",
        f"**Response model.** {response['choice']}, by mean loss in the {response['decided_on']}:",
        "",
        "| model | loss | gain over linear ± error |",
        "|---|---|---|",
    ]
    for name, loss in sorted(response["losses"].items(), key=lambda item: float(item[1])):
        gain = response["gain_over_linear"].get(name)
        ahead = f"{gain['gain']:.5f} ± {gain['error']:.5f}" if gain else ""
        lines.append(f"| {name} | {loss:.5f} | {ahead} |")
    for effect in meta.get("effects", []):
        lines += _effect_lines(effect)
    if meta.get("policy"):
        lines += _policy_lines(meta)
    for title, named in (("Left out", meta["dropped"]), ("Refused", meta["refused"])):
        if named:
            lines += ["", f"**{title}.**", ""] + [f"- `{column}`: {why}" for column, why in named.items()]
    if meta["notes"]:
        lines += ["", "**Notes.**", ""] + [f"- {note}" for note in meta["notes"]]
    return [*lines, "", "**Limits.**", "", *(f"- {limit}" for limit in LIMITS)]


def _effect_lines(effect: Mapping[str, Any]) -> list[str]:
    interval = effect["average_interval"]
    lines = [
        "",
        f"**Arm `{effect['arm']}`.** Average effect {interval['value']:.4g} "
        f"[{interval['low']:.4g}, {interval['high']:.4g}]. Who is moved: {effect['kind']}"
        + (" (a weak guess: it ranks, and decides nothing)." if effect["z"] < 1 else "."),
        "",
        "| candidate | held-out area under the uplift curve | interval |",
        "|---|---|---|",
    ]
    for name, area in effect["compared"].items():
        lines.append(f"| {name} | {area['value']:.5f} | [{area['low']:.5f}, {area['high']:.5f}] |")
    return lines


def _policy_lines(meta: Mapping[str, Any]) -> list[str]:
    policy = meta["policy"]
    single = meta["arms"][policy["single"]]
    said = {
        "single": f"`{single}` for everybody: nothing personal was better with 95 % confidence",
        "rule": f"the one-column rule: {policy['sentence']}",
        "model": "the arm with the highest predicted uplift",
    }[policy["kind"]]
    gains = ", ".join(
        f"{name} {g['value']:.4g} [{g['low']:.4g}, {g['high']:.4g}]"
        for name, g in policy["held_out_gain"].items()
    )
    return [
        "",
        f"**`best_arm`** is {said}. Held-out gain over `{single}` for everybody: {gains}. "
        f"Best simple rule: {policy['sentence']}.",
    ]
