"""What every entity has, and where every table of an application lives."""

from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Index, MetaData, event, func
from sqlalchemy.orm import Mapper, declared_attr
from sqlmodel import Field, SQLModel

from app_db.schema import SCHEMA
from app_db.timestamps import UtcDateTime

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

    # A value that is rejected need not be in a log; the error's errors() have it.
    model_config = {"hide_input_in_errors": True}

    id: UUID = Field(default_factory=uuid4)
    created_at: datetime = Field(default_factory=now)
    updated_at: datetime = Field(default_factory=now)
    # Of the row that it was read from: an update of a row that has another one is rejected.
    version: int = 1


class EntityTable(Entity):
    """The table's side; it comes first: `class UserTable(EntityTable, User, table=True)`.

    In the other order the entity's plain id would hide the primary key.
    """

    metadata: ClassVar[MetaData] = MetaData(schema=SCHEMA, naming_convention=NAMES)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    # The server's default is for rows that SQL inserts; both times of a row come from one clock.
    created_at: datetime = Field(
        default_factory=now,
        sa_type=UtcDateTime,
        sa_column_kwargs={"server_default": func.now()},
    )
    # What SQL changes is followed by the trigger of app_db.touch, and so is the version.
    updated_at: datetime = Field(
        default_factory=now,
        sa_type=UtcDateTime,
        sa_column_kwargs={"server_default": func.now(), "onupdate": now},
    )
    version: int = Field(default=1, sa_type=BigInteger, sa_column_kwargs={"server_default": "1"})

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.__table__.c.version}  # type: ignore[attr-defined]


@event.listens_for(EntityTable, "instrument_class", propagate=True)
def _index_the_keyset(mapper: Mapper[Any], _class: type) -> None:
    """Repository.list goes by it; without it each page would sort the table."""
    table = mapper.local_table
    Index(None, table.c.created_at, table.c.id)
