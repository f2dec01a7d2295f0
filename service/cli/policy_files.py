"""The policy as commands read it: a folder, with the segments that it speaks of."""

from __future__ import annotations

from pathlib import Path

from service.config import Config
from service.decide.policy import Policy, load_policy
from service.segment.definitions import load_definitions


def active_policy(config: Config) -> Policy:
    """The policy in the reference data. Raises PolicyError."""
    return policy_in(config.reference_data / "policy", config)


def policy_in(folder: Path, config: Config) -> Policy:
    """The policy of a folder; one without segments is read with the active ones. Raises PolicyError."""
    own = folder / "segments"
    segments = own if own.is_dir() else config.reference_data / "policy" / "segments"
    return load_policy(folder, load_definitions(segments).codes)
