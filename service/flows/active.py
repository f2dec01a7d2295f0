"""Keeps the active assets, and swaps them as one when another release or policy has become active.

The new ones are loaded beside the old; requests under way end with those that they began with.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from service.decide.policy import hash_files
from service.errors import DoorstepError
from service.flows.enrich import Assets
from service.tables import current_release_id

log = logging.getLogger(__name__)

A = TypeVar("A", bound=Assets)


class AssetsKeeper(Generic[A]):
    """Holds the active assets. `load` is given a release id (None: the active one).

    `also` names the state of whatever else the assets are made from, such as a model's rollout.
    """

    def __init__(
        self, reference_data: Path, load: Callable[[str | None], A], also: Callable[[], str] = str
    ) -> None:
        self._reference_data, self._load, self._also = reference_data, load, also
        self._also_active = also()
        self._assets = load(None)
        self._refused: tuple[str, str, str] | None = None

    def current(self) -> A:
        return self._assets

    def refresh(self) -> bool:
        """True when other assets are active now.

        What cannot be loaded is logged once and the old assets go on: a policy file saved half-way must
        not stop a service that runs.
        """
        versions = self._assets.versions
        try:
            wanted = (
                current_release_id(self._reference_data),
                hash_files(self._reference_data / "policy"),
                self._also(),
            )
        except (DoorstepError, OSError) as error:
            log.error("the active release or policy cannot be told: %s", error)
            return False
        if wanted in ((versions.reference_data, versions.policy, self._also_active), self._refused):
            return False
        try:
            assets = self._load(wanted[0])
        except DoorstepError as error:
            log.error("the new release or policy cannot be loaded; the old one goes on: %s", error)
            self._refused = wanted
            return False
        self._assets, self._also_active, self._refused = assets, wanted[2], None
        log.info("assets swapped", extra={"release": wanted[0], "policy": wanted[1]})
        return True
