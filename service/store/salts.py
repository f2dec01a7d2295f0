"""The secret salt of all hashes. Kept in the store when no setting gives one, so that it never changes."""

from __future__ import annotations

import hashlib
import hmac
import os

from sqlalchemy import select

from service.store.connect import Database, insert_into
from service.store.tables import keepsakes

_NAME = "salt"


def keep_salt(database: Database) -> str:
    """The salt kept in the store; made when there is none. Two starters get the same one."""
    with database.writing() as connection:
        made = insert_into(connection, keepsakes).values(name=_NAME, value=os.urandom(32))
        connection.execute(made.on_conflict_do_nothing())
        value: bytes = connection.execute(
            select(keepsakes.c.value).where(keepsakes.c.name == _NAME)
        ).scalar_one()
        return value.hex()


def salted_hash(salt: str, purpose: str, text: str) -> bytes:
    """32 bytes that cannot be read back, nor compared with those of another purpose."""
    return hmac.new(
        salt.encode(), f"{purpose}\0{text}".encode("utf-8", "surrogatepass"), hashlib.sha256
    ).digest()
