"""Users and the identities that sign them in."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "app_db_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "users",
        *_entity_columns(),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        schema="app",
    )
    op.create_table(
        "user_identities",
        *_entity_columns(),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["app.users.id"],
            name=op.f("fk_user_identities_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_identities")),
        sa.UniqueConstraint(
            "provider", "subject", name=op.f("uq_user_identities_provider_subject")
        ),
        schema="app",
    )
    op.create_index(
        op.f("ix_user_identities_user_id"), "user_identities", ["user_id"], schema="app"
    )


def downgrade() -> None:
    op.drop_table("user_identities", schema="app")
    op.drop_table("users", schema="app")


def _entity_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        *(
            sa.Column(
                name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
            )
            for name in ("created_at", "updated_at")
        ),
    ]
