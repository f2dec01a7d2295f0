"""When a pause was ended: complaints count from there. A pause that is in force has none."""

import sqlalchemy as sa
from alembic import op

revision = "2026.3"
down_revision = "2026.2"


def upgrade() -> None:
    op.add_column("pauses", sa.Column("resumed_ms", sa.BigInteger()))
