"""Alembic runs this file."""

# Each import puts a table into the metadata; autogenerate would drop one that is left out.
from app_db import user, user_identity  # noqa: F401
from app_db.alembic_env import run
from app_db.entity import EntityTable

run(EntityTable.metadata)
