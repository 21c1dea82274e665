"""The office."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0002"
down_revision: Final = "0001"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("party", sa.String(length=64), nullable=False),
        sa.Column("created", sa.String(length=24), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_accounts")),
    )
    op.create_table(
        "acts_pending",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("acts", sa.Text(), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("created", sa.String(length=24), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acts_pending")),
        sa.UniqueConstraint("subject", "act", "body_sha256", name=op.f("uq_acts_pending_subject_act_body_sha256")),
    )
    op.create_table(
        "custodians_seen",
        sa.Column("tender", sa.String(length=64), nullable=False),
        sa.Column("custodian", sa.String(length=64), nullable=False),
        sa.Column("challenged", sa.String(length=24), nullable=False),
        sa.Column("answered", sa.String(length=24), nullable=False),
        sa.PrimaryKeyConstraint("tender", "custodian", name=op.f("pk_custodians_seen")),
    )
    op.create_table(
        "custody_requests",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("institution", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created", sa.String(length=24), nullable=False),
        sa.Column("expires", sa.String(length=24), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered", sa.String(length=24), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody_requests")),
        sa.UniqueConstraint(
            "institution", "kind", "subject", name=op.f("uq_custody_requests_institution_kind_subject")
        ),
    )
    with op.batch_alter_table("custody_requests", schema=None) as batch_op:
        batch_op.create_index("custody_requests_open", ["institution", "answered"], unique=False)

    op.create_table(
        "documents",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("stored", sa.String(length=24), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_documents")),
    )
    op.create_table(
        "drafts",
        sa.Column("tender", sa.String(length=64), nullable=False),
        sa.Column("party", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tender", name=op.f("pk_drafts")),
    )
    op.create_table(
        "issuances",
        sa.Column("tender", sa.String(length=64), nullable=False),
        sa.Column("lot", sa.String(length=64), nullable=False),
        sa.Column("party", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("blinded_message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tender", "lot", "party", name=op.f("pk_issuances")),
    )
    op.create_table(
        "keysets",
        sa.Column("tender", sa.String(length=64), nullable=False),
        sa.Column("lot", sa.String(length=64), nullable=False),
        sa.Column("part", sa.String(length=32), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("keyset", sa.Text(), nullable=False),
        sa.Column("created", sa.String(length=24), nullable=False),
        sa.PrimaryKeyConstraint("tender", "lot", "part", name=op.f("pk_keysets")),
    )
    with op.batch_alter_table("keysets", schema=None) as batch_op:
        batch_op.create_index("keysets_kid", ["kid"], unique=False)

    op.create_table(
        "lot_keys",
        sa.Column("tender", sa.String(length=64), nullable=False),
        sa.Column("lot", sa.String(length=64), nullable=False),
        sa.Column("spki", sa.Text(), nullable=False),
        sa.Column("private_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tender", "lot", name=op.f("pk_lot_keys")),
    )
    op.create_table(
        "lots",
        sa.Column("tender", sa.String(length=64), nullable=False),
        sa.Column("lot", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("bids", sa.Integer(), nullable=False),
        sa.Column("winner", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("tender", "lot", name=op.f("pk_lots")),
    )
    op.create_table(
        "parties",
        sa.Column("party", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("seal_key", sa.String(length=64), nullable=False),
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("person_key", sa.String(length=64), nullable=False),
        sa.Column("holds", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("party", name=op.f("pk_parties")),
        sa.UniqueConstraint("seal_key", name=op.f("uq_parties_seal_key")),
        sa.UniqueConstraint("uscc", name=op.f("uq_parties_uscc")),
    )
    op.create_table(
        "persons",
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("party", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_persons")),
        sa.UniqueConstraint("key", name=op.f("uq_persons_key")),
    )
    op.create_table(
        "published",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("tender", sa.String(length=64), nullable=False),
        sa.Column("lot", sa.String(length=64), nullable=False),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_published")),
    )
    with op.batch_alter_table("published", schema=None) as batch_op:
        batch_op.create_index("published_lot", ["tender", "lot"], unique=False)

    op.create_table(
        "published_forms",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("tender", sa.String(length=64), nullable=False),
        sa.Column("lot", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_published_forms")),
    )
    op.create_table(
        "tenders",
        sa.Column("tender", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("party", sa.String(length=64), nullable=False),
        sa.Column("title_zh", sa.String(length=400), nullable=False),
        sa.Column("title_en", sa.String(length=400), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column("region", sa.String(length=64), nullable=False),
        sa.Column("estimate_fen", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.String(length=24), nullable=False),
        sa.Column("deadline", sa.String(length=24), nullable=False),
        sa.Column("tickets_open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tender", name=op.f("pk_tenders")),
    )
    with op.batch_alter_table("tenders", schema=None) as batch_op:
        batch_op.create_index("tenders_newest", ["published_at", "tender"], unique=False)

    op.create_table(
        "tokens",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("created", sa.String(length=24), nullable=False),
        sa.Column("expires", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["accounts.person"], name=op.f("fk_tokens_person")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_tokens")),
    )


def downgrade() -> None:
    op.drop_table("tokens")
    with op.batch_alter_table("tenders", schema=None) as batch_op:
        batch_op.drop_index("tenders_newest")

    op.drop_table("tenders")
    op.drop_table("published_forms")
    with op.batch_alter_table("published", schema=None) as batch_op:
        batch_op.drop_index("published_lot")

    op.drop_table("published")
    op.drop_table("persons")
    op.drop_table("parties")
    op.drop_table("lots")
    op.drop_table("lot_keys")
    with op.batch_alter_table("keysets", schema=None) as batch_op:
        batch_op.drop_index("keysets_kid")

    op.drop_table("keysets")
    op.drop_table("issuances")
    op.drop_table("drafts")
    op.drop_table("documents")
    with op.batch_alter_table("custody_requests", schema=None) as batch_op:
        batch_op.drop_index("custody_requests_open")

    op.drop_table("custody_requests")
    op.drop_table("custodians_seen")
    op.drop_table("acts_pending")
    op.drop_table("accounts")
