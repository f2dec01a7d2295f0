"""Leases: which of several processes does a job that only one should do at a time."""

from __future__ import annotations

import os
import socket

from sqlalchemy import delete, or_

from service.store.connect import Database
from service.store.statements import insert_into
from service.store.tables import leases


class Leases:
    """Named leases of this process. One that is not renewed falls to whoever asks next."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, name: str, seconds: float) -> bool:
        """Takes or renews a lease; False while another process holds it.

        Time is the database's where it has a clock, else this machine's. A lease that would end later than
        one taken now was written before the clock was set back: nobody holds it.
        """
        now, holder = self._database.now_ms(), _holder()
        until = now + round(seconds * 1000)
        with self._database.writing() as connection:
            new = insert_into(connection, leases).values(name=name, holder=holder, until_ms=until)
            taken = new.on_conflict_do_update(
                index_elements=["name"],
                set_={"holder": holder, "until_ms": until},
                where=or_(leases.c.until_ms < now, leases.c.until_ms > until, leases.c.holder == holder),
            ).returning(leases.c.name)
            return connection.execute(taken).first() is not None

    def give_back(self, name: str) -> None:
        """Ends a lease that is ours."""
        with self._database.writing() as connection:
            connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == _holder()))


def _holder() -> str:
    return f"{socket.gethostname()}/{os.getpid()}"
