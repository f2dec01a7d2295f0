"""The secret salt of all hashes. Kept in the store when no setting gives one, so that it never changes."""

from __future__ import annotations

import hashlib
import hmac
import os

from sqlalchemy import select

from service.errors import ConfigError
from service.store.connect import Database
from service.store.statements import insert_into
from service.store.tables import household_treatments, keepsakes, objections, suppressed

_NAME = "salt"
_CHECK = "salt_check"


def keep_salt(database: Database) -> str:
    """The salt kept in the store; made when there is none. Two starters get the same one."""
    with database.writing() as connection:
        made = insert_into(connection, keepsakes).values(name=_NAME, value=os.urandom(32))
        connection.execute(made.on_conflict_do_nothing())
        value: bytes = connection.execute(
            select(keepsakes.c.value).where(keepsakes.c.name == _NAME)
        ).scalar_one()
        return value.hex()


def check_salt(database: Database, salt: str) -> None:
    """Raises ConfigError when objections, lists or households here were hashed with another salt.

    They would no longer be recognised: who has objected would be profiled again, and nobody would notice.
    """
    mark = salted_hash(salt, "check", "")
    with database.writing() as connection:
        known = connection.execute(select(keepsakes.c.value).where(keepsakes.c.name == _CHECK)).scalar()
        if known is not None and bytes(known) == mark:
            return
        if known is not None and any(
            connection.execute(select(table).limit(1)).first() is not None
            for table in (objections, suppressed, household_treatments)
        ):
            raise ConfigError(
                "ENRICH_SALT is not the salt with which this store's objections and suppression lists were "
                "hashed: set it back, or nobody's objection would be recognised any more."
            )
        row = insert_into(connection, keepsakes).values(name=_CHECK, value=mark)
        connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": mark}))


def salted_hash(salt: str, purpose: str, text: str) -> bytes:
    """32 bytes that cannot be read back, nor compared with those of another purpose."""
    return hmac.new(
        salt.encode(), f"{purpose}\0{text}".encode("utf-8", "surrogatepass"), hashlib.sha256
    ).digest()
