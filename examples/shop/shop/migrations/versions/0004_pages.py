"""Pages in the order of creation."""

from alembic import op

revision = "shop_0004"
down_revision = "shop_0003"
transactional = False  # an index that blocks no writer; what an interruption leaves is built again

INDEX = "ix_products_created_at_id"


def upgrade() -> None:
    columns = ["created_at", "id"]
    op.create_index(op.f(INDEX), "products", columns, schema="app", postgresql_concurrently=True)


def downgrade() -> None:
    op.drop_index(op.f(INDEX), "products", schema="app", postgresql_concurrently=True)
