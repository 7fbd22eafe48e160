"""Alembic runs this file."""

from app_db.alembic_env import run

run("shop")
