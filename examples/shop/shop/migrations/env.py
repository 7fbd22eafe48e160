"""Alembic runs this file."""

from app_db.alembic_env import run
from shop.product import ProductTable

run(ProductTable.metadata)
