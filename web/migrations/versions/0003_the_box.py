"""The box."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0003"
down_revision: Final = "0002"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    op.create_table(
        "box_letters",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("tender", sa.String(length=64), nullable=False),
        sa.Column("lot", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", sa.String(length=24), nullable=False),
        sa.Column("bid_key", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_box_letters")),
    )
    with op.batch_alter_table("box_letters", schema=None) as batch_op:
        batch_op.create_index("box_letters_key", ["bid_key"], unique=False)

    op.create_table(
        "box_lots",
        sa.Column("tender", sa.String(length=64), nullable=False),
        sa.Column("lot", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("deadline", sa.String(length=24), nullable=False),
        sa.Column("terms", sa.String(length=64), nullable=False),
        sa.Column("spki", sa.String(), nullable=False),
        sa.Column("kids", sa.String(), nullable=False),
        sa.Column("custodians", sa.Integer(), nullable=False),
        sa.Column("max_bytes", sa.BigInteger(), nullable=False),
        sa.Column("written", sa.String(length=24), nullable=False),
        sa.Column("locked", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tender", "lot", name=op.f("pk_box_lots")),
    )
    op.create_table(
        "box_nonces",
        sa.Column("bid_key", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=24), nullable=False),
        sa.PrimaryKeyConstraint("bid_key", "nonce", name=op.f("pk_box_nonces")),
    )
    with op.batch_alter_table("box_nonces", schema=None) as batch_op:
        batch_op.create_index("box_nonces_at", ["at"], unique=False)

    op.create_table(
        "box_submissions",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("tender", sa.String(length=64), nullable=False),
        sa.Column("lot", sa.String(length=64), nullable=False),
        sa.Column("bid_key", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", sa.String(length=24), nullable=False),
        sa.Column("minute", sa.String(length=24), nullable=False),
        sa.Column("stale", sa.Integer(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("receipt", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tender", "lot"], ["box_lots.tender", "box_lots.lot"], name=op.f("fk_box_submissions_tender_lot")
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_box_submissions")),
        sa.UniqueConstraint("tender", "lot", "bid_key", "seq", name=op.f("uq_box_submissions_tender_lot_bid_key_seq")),
    )
    with op.batch_alter_table("box_submissions", schema=None) as batch_op:
        batch_op.create_index("box_submissions_minute", ["minute", "tender", "lot"], unique=False)

    op.create_table(
        "box_uploads",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("tender", sa.String(length=64), nullable=False),
        sa.Column("lot", sa.String(length=64), nullable=False),
        sa.Column("bid_key", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("complete", sa.Integer(), nullable=False),
        sa.Column("created", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(
            ["tender", "lot"], ["box_lots.tender", "box_lots.lot"], name=op.f("fk_box_uploads_tender_lot")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_box_uploads")),
        sa.UniqueConstraint(
            "bid_key", "sha256", "tender", "lot", name=op.f("uq_box_uploads_bid_key_sha256_tender_lot")
        ),
    )


def downgrade() -> None:
    op.drop_table("box_uploads")
    with op.batch_alter_table("box_submissions", schema=None) as batch_op:
        batch_op.drop_index("box_submissions_minute")

    op.drop_table("box_submissions")
    with op.batch_alter_table("box_nonces", schema=None) as batch_op:
        batch_op.drop_index("box_nonces_at")

    op.drop_table("box_nonces")
    op.drop_table("box_lots")
    with op.batch_alter_table("box_letters", schema=None) as batch_op:
        batch_op.drop_index("box_letters_key")

    op.drop_table("box_letters")
