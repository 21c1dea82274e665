"""Cosignatures that came when a checkpoint had enough of them."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0004"
down_revision: Final = "0003"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    # Which of those that are there came late nobody knows any more: they all stay as they were.
    with op.batch_alter_table("cosignatures", schema=None) as batch_op:
        batch_op.add_column(sa.Column("late", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("cosignatures", schema=None) as batch_op:
        batch_op.drop_column("late")
