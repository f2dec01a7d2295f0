"""The store as the rest of the service sees it: one object, its parts by noun."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from service.model import Decision
from service.store.agents import Agents
from service.store.connect import Database
from service.store.decisions import DecisionLog
from service.store.desk import Desk
from service.store.facts import Facts
from service.store.guards import Guards, Spend
from service.store.keys import KeyRing
from service.store.leases import Leases
from service.store.migrate import run_migrations
from service.store.outbox import Outbox
from service.store.outcomes import Outcomes
from service.store.patience import at_most
from service.store.privacy import Privacy
from service.store.replays import Replays
from service.store.salts import check_salt, keep_salt
from service.store.spool import Spool

_READY_PATIENCE_S = 0.5


class Store:
    """An open store. Safe to open before `fork`: each process makes its own connections."""

    def __init__(self, database: Database, salt: str, demo_keys: bool, spool: Path) -> None:
        self.database = database
        self.salt = salt
        self.guards = Guards(database, salt)
        self.spool = Spool(spool)
        self.decisions = DecisionLog(database, self.guards, self.spool)
        self.facts = Facts(database)
        self.outcomes = Outcomes(database)
        self.outbox = Outbox(database)
        self.agents = Agents(database)
        self.desk = Desk(database, self.agents)
        self.privacy = Privacy(database, self.guards)
        self.replays = Replays(database, salt)
        self.leases = Leases(database)
        self.keys = KeyRing(database, demo_keys)

    def record_decision(self, decision: Decision, spends: Sequence[Spend] = ()) -> None:
        """Appends a decision, without its address. Raises StoreError; then it is not stored."""
        self.decisions.record(decision, spends)

    def record_decisions(self, decisions: list[Decision]) -> None:
        """Appends many in one transaction. Raises StoreError; then none is stored."""
        self.decisions.record_all(decisions)

    def latest_decision(self, lead_id: str) -> Decision | None:
        """The newest decision about a lead; of its address only level, category, action and reason."""
        return self.decisions.latest(lead_id)

    def decision(self, decision_id: str) -> Decision | None:
        """One decision, reduced likewise."""
        return self.decisions.by_id(decision_id)

    def decisions_of(self, decision_ids: Sequence[str]) -> dict[str, Decision]:
        """Some decisions by id, reduced likewise."""
        return self.decisions.by_ids(decision_ids)

    def record_behind(self, decision: Decision, spends: Sequence[Spend] = ()) -> None:
        """Keeps a decision on disk until the store takes it. Raises StoreError; then it is not kept."""
        self.decisions.record_behind(decision, spends)

    def check_writable(self) -> None:
        """Makes a real write. Raises StoreError when the store cannot be written in time."""
        with at_most(_READY_PATIENCE_S):
            self.database.check_writable()

    def close(self) -> None:
        """Closes the connections of this process."""
        self.database.close()


def open_store(
    database_url: str, *, salt: str | None = None, demo_keys: bool = False, spool: Path | None = None
) -> Store:
    """Opens the store, bringing its tables up to date.

    `spool` is the folder for decisions that wait for the store; by default beside the SQLite file, or
    under the temporary folder of the machine.

    An empty `salt` means: the one kept in the store. None is for callers who hash nothing about a person.
    No connection is left open, so that a process may fork afterwards. Raises ConfigError for a URL that
    is none and for another salt than the store's objections were hashed with, and StoreError, with one
    sentence that says what to do, when the store cannot be written.
    """
    database = Database(database_url)
    try:
        run_migrations(database)
        used = salt or keep_salt(database)
        if salt is not None:
            check_salt(database, used)
        return Store(database, used, demo_keys, spool or _default_spool(database))
    finally:
        database.close()


def _default_spool(database: Database) -> Path:
    if database.is_sqlite and database.url.database:
        return Path(f"{database.url.database}-waiting")
    name = hashlib.sha256(str(database).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir(), f"doorstep-{os.getuid()}-{name}")
