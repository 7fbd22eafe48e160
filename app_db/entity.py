"""What every entity has, and where every table of an application lives."""

from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID, uuid4

from sqlalchemy import DateTime, MetaData, func
from sqlmodel import Field, SQLModel

from app_db.schema import SCHEMA

# A constraint without a name of its own cannot be dropped by a revision.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def now() -> datetime:
    """Tell the time with its zone; timestamptz reads a naive one in the session's TimeZone."""
    return datetime.now(UTC)


class Entity(SQLModel):
    """The domain's side of a thing that is stored; it exists, id included, before any row does."""

    id: UUID = Field(default_factory=uuid4)
    created_at: datetime = Field(default_factory=now)
    updated_at: datetime = Field(default_factory=now)


class EntityTable(Entity):
    """The table's side; it comes first: `class UserTable(EntityTable, User, table=True)`.

    In the other order the entity's plain id would hide the primary key.
    """

    metadata: ClassVar[MetaData] = MetaData(schema=SCHEMA, naming_convention=NAMES)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    # The server's default is for rows that SQL inserts; both times of a row come from one clock.
    created_at: datetime = Field(
        default_factory=now,
        sa_type=DateTime(timezone=True),
        sa_column_kwargs={"server_default": func.now()},
    )
    updated_at: datetime = Field(
        default_factory=now,
        sa_type=DateTime(timezone=True),
        sa_column_kwargs={"server_default": func.now(), "onupdate": now},
    )
