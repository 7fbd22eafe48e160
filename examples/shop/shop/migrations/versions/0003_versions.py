"""Versions against lost updates, as app_db.entity has them."""

import sqlalchemy as sa
from alembic import op

from app_db.touch import touch

revision = "shop_0003"
down_revision = "shop_0002"


def upgrade() -> None:
    op.add_column(
        "products",
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        schema="app",
    )
    touch("products")


def downgrade() -> None:
    op.execute("DROP TRIGGER touch ON app.products")
    op.execute("DROP FUNCTION app.touch()")
    op.drop_column("products", "version", schema="app")
