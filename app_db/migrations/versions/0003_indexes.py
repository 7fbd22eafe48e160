"""One user for an e-mail address; pages in the order of creation."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "app_db_0003"
down_revision = "app_db_0002"
transactional = False  # indexes that block no writer

CONCURRENTLY: dict[str, Any] = {"schema": "app", "postgresql_concurrently": True}


def upgrade() -> None:
    lower = [sa.text("lower(email)")]
    op.create_index("uq_users_email_lower", "users", lower, unique=True, **CONCURRENTLY)
    for table in ("users", "user_identities"):
        name = op.f(f"ix_{table}_created_at_id")
        op.create_index(name, table, ["created_at", "id"], **CONCURRENTLY)


def downgrade() -> None:
    for table in ("users", "user_identities"):
        op.drop_index(op.f(f"ix_{table}_created_at_id"), table, **CONCURRENTLY)
    op.drop_index("uq_users_email_lower", "users", **CONCURRENTLY)
