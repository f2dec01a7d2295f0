"""What the law gives a person: to see all that is stored, and to have it erased."""

from __future__ import annotations

from typing import Any

from service.errors import NotFoundError
from service.store.store import Store

_NOTHING = "Nothing is stored under this lead_id."


def export_lead(store: Store, lead_id: str) -> dict[str, Any]:
    """All that is stored of a lead. Raises NotFoundError when that is nothing, and StoreError."""
    kept = store.privacy.export(lead_id)
    if not kept["objected"] and not any(isinstance(rows, list) and rows for rows in kept.values()):
        raise NotFoundError(_NOTHING)
    return kept


def erase_lead(store: Store, lead_id: str) -> tuple[dict[str, int], bool]:
    """Erases all that is stored of a lead: rows by kind, and whether an objection stays, without the id.

    Raises NotFoundError when nothing was stored, and StoreError.
    """
    erased = store.privacy.erase(lead_id)
    objected = store.guards.objected(lead_id)
    if not any(erased.values()) and not objected:
        raise NotFoundError(_NOTHING)
    return erased, objected
