"""The policy as commands read it: a folder, with the segments that it speaks of."""

from __future__ import annotations

from pathlib import Path

from service.config import Config
from service.decide.policy import Policy, load_policy
from service.decide.slots.content import offer_slot
from service.errors import InvalidInputError
from service.segment.definitions import load_definitions


def active_policy(config: Config) -> Policy:
    """The policy in the reference data. Raises PolicyError."""
    return policy_in(config.reference_data / "policy", config)


def policy_in(folder: Path, config: Config) -> Policy:
    """The policy of a folder; one without segments is read with the active ones. Raises PolicyError."""
    own = folder / "segments"
    segments = own if own.is_dir() else config.reference_data / "policy" / "segments"
    return load_policy(folder, load_definitions(segments).codes)


def offers_of(policy: Policy) -> str:
    """The slot of the offers. Raises InvalidInputError where the policy has none."""
    slot = offer_slot(policy.slots)
    if slot is None:
        raise InvalidInputError("No slot of the policy ranks by expected value; name one with --slot.")
    return slot.code
