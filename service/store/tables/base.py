"""What all tables share."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, MetaData

metadata = MetaData()
# SQLite's row id must be called INTEGER to be the row id itself
ROW_ID = BigInteger().with_variant(Integer(), "sqlite")
