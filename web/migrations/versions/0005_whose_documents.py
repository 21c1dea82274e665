"""Which organisation stored a document: its quota counts them."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0005"
down_revision: Final = "0004"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    # Of those that are there nobody wrote it down: they count against nobody's quota.
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("party", sa.String(length=64), server_default="", nullable=False))
        batch_op.create_index("documents_party", ["party", "public"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.drop_index("documents_party")
        batch_op.drop_column("party")
