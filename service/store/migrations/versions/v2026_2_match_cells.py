"""Counts of how addresses were matched. They begin here: decisions folded before are not counted."""

import sqlalchemy as sa
from alembic import op

revision = "2026.2"
down_revision = "2026.1"


def upgrade() -> None:
    op.create_table(
        "match_cells",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "country", "level", "category", "reason", "pattern"),
        sqlite_with_rowid=False,
    )
