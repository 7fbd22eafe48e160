"""Products that may be off sale, found by name."""

import sqlalchemy as sa
from alembic import op

revision = "shop_0002"
down_revision = "shop_0001"

INDEX = "ix_products_name"


def upgrade() -> None:
    # The index first: the column then commits together with the version, so that a revision that
    # was interrupted can be run again. What it may have left is an invalid index: drop it.
    with op.get_context().autocommit_block():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS app.{INDEX}")
        op.create_index(
            op.f(INDEX), "products", ["name"], schema="app", postgresql_concurrently=True
        )
    # A constant default: PostgreSQL adds it without rewriting the table.
    op.add_column(
        "products",
        sa.Column("on_sale", sa.Boolean(), server_default=sa.true(), nullable=False),
        schema="app",
    )


def downgrade() -> None:
    op.drop_column("products", "on_sale", schema="app")
    op.drop_index(op.f(INDEX), "products", schema="app")
