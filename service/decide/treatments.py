"""Treatments: one record per thing we do, as a marketer wrote it; `treatment_file` reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from service.decide.toml_table import Origin
from service.model import Channel, Contact

PURPOSES = ("welcome", "inform", "activate", "advise", "retain", "win_back")
STAGES = ("lead", "first_order", "customer", "silent")
CHANNELS = tuple(channel.value for channel in Channel)
Intent = Literal["marketing", "service"]
MARKETING: Intent = "marketing"
SERVICE: Intent = "service"  # says only what the recipient needs to go on
Text = str | tuple[str, ...]
Copy = Mapping[str, Mapping[str, Text]]  # language -> field -> text


@dataclass(frozen=True, slots=True)
class Variant:
    """One wording of a treatment; `share` of those who get the treatment get this one."""

    code: str
    share: float
    copy: Copy


@dataclass(frozen=True, slots=True)
class Value:
    """Priors in the company's currency: reach and response are probabilities.

    Expected value = reach × Σ P(segment) × response(segment) × (margin − discount) − cost.
    """

    reach: float = 1.0
    response: float = 0.0
    response_by_segment: Mapping[str, float] | None = None
    margin: float = 0.0
    discount: float = 0.0
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class TreatmentRule:
    """One treatment of one slot. Empty `countries`, `channels`, `stages` or `sub_segments` means all."""

    slot: str
    id: str
    purpose: str
    message: str
    motivation: str
    recipient_reason: Mapping[str, str]
    standard: bool
    kind: Intent
    segments: tuple[str, ...]
    sub_segments: tuple[str, ...]
    min_share: float | None
    priority: int
    valid_from: date
    valid_until: date | None
    valid_days: int | None
    countries: tuple[str, ...]
    channels: tuple[str, ...]
    stages: tuple[str, ...]
    value: Value
    rollout: float
    paused: bool
    once_per_household: bool
    cap_per_day: int | None
    price_personalised: bool
    ranked: tuple[Contact, ...]
    variants: tuple[Variant, ...]
    origin: Origin

    def is_current(self, today: date) -> bool:
        return self.valid_from <= today and (self.valid_until is None or today <= self.valid_until)

    @property
    def is_service(self) -> bool:
        """Whether it is for those whom no marketing may reach."""
        return self.standard and self.kind == SERVICE

    @property
    def is_standard_marketing(self) -> bool:
        """Whether it is what everyone gets who gets nothing chosen for them."""
        return self.standard and self.kind == MARKETING
