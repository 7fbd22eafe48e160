"""What every repository can: entities in, entities out, rows and SQL in between."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import delete, exists, insert, tuple_
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session, col, select

from app_db.entity import Entity, EntityTable
from app_db.errors import StaleError
from app_db.rows import by_id, fetched, selected

E = TypeVar("E", bound=Entity)
T = TypeVar("T", bound=EntityTable)

KEPT = {"id", "created_at", "updated_at", "version"}  # not an update's to change
LONGEST_PAGE = 1000


class Repository(Generic[E, T]):
    """Entities of one kind in one session. It flushes; whoever opened the session commits.

    `class UserRepository(Repository[User, UserTable])` says `entity = User` and `table =
    UserTable`. Each method that writes does it in a savepoint: when it is rejected, the rest of
    the session's work is as it was. All raise UnavailableError where there is no connection.
    """

    entity: type[E]
    table: type[T]

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, id: UUID | str) -> E | None:  # noqa: A002 the specification's name
        statement = by_id(self.table)
        found = fetched(self._session, self.entity, statement, key=_uuid(id))
        if not found:
            return None
        return found[0]

    def exists(self, id: UUID | str) -> bool:  # noqa: A002
        has_this_id = col(self.table.id) == _uuid(id)
        statement = select(exists().where(has_this_id))
        found = self._session.exec(statement)
        return bool(found.one())

    def list(self, limit: int = 100, after: E | tuple[datetime, UUID] | None = None) -> Sequence[E]:
        """At most ``limit`` entities, the oldest first, beginning after one of them.

        That is the last of the page before, or its (created_at, id): a page costs the same
        however far it is from the first.
        """
        if not 1 <= limit <= LONGEST_PAGE:
            raise ValueError(f"limit is {limit}; needs 1 to {LONGEST_PAGE}")
        if isinstance(after, Entity):
            after = (after.created_at, after.id)
        order = (col(self.table.created_at), col(self.table.id))
        statement = selected(self.table)
        statement = statement.order_by(*order)
        statement = statement.limit(limit)
        if after is not None:
            statement = statement.where(tuple_(*order) > after)
        return fetched(self._session, self.entity, statement)

    def create(self, entity: E) -> E:
        """Store a new entity. Raises DuplicateError."""
        checked = self._checked(entity)
        row = self.table.model_validate(dict(checked))
        with self._alone():
            self._session.add(row)
        return self._entity(row)

    def create_many(self, entities: Iterable[E]) -> Sequence[E]:
        """Store all of them, or none, in one statement that is sent once. Raises DuplicateError."""
        created = []
        values = []
        for entity in entities:
            checked = self._checked(entity)
            created.append(checked)
            values.append(dict(checked))
        if values:
            with self._alone():
                self._session.execute(insert(self.table), values)
        return created

    def update(self, entity: E) -> E:
        """Store what has changed; the entity returned has the next version.

        Raises StaleError where the row was changed or deleted since ``entity`` was read, and
        DuplicateError.
        """
        row = self._session.get(self.table, entity.id)
        if row is not None and row.version != entity.version:
            # The session may have held it since before.
            self._session.flush()
            row = self._session.get(self.table, entity.id, populate_existing=True)
        if row is None or row.version != entity.version:
            raise self._stale(entity)
        with self._alone(entity):
            checked = self._checked(entity)
            for name, value in checked:
                if name not in KEPT:
                    setattr(row, name, value)
        return self._entity(row)

    def delete(self, id: UUID | str) -> bool:  # noqa: A002
        """Whether there was one."""
        with self._alone():
            has_this_id = col(self.table.id) == _uuid(id)
            statement = delete(self.table).where(has_this_id)
            deleted: Any = self._session.execute(statement)
        return bool(deleted.rowcount)

    def _entity(self, row: T) -> E:
        return self.entity.model_validate(row, from_attributes=True)

    def _checked(self, entity: E) -> E:
        """A copy; an assignment to an entity is not checked before."""
        return self.entity.model_validate(dict(entity))

    @contextmanager
    def _alone(self, entity: E | None = None) -> Iterator[None]:
        try:
            with self._session.begin_nested():
                yield
        except StaleDataError:
            if entity is None:
                raise
            raise self._stale(entity) from None

    def _stale(self, entity: E) -> StaleError:
        kind = self.entity.__name__
        return StaleError(
            f"{kind} {entity.id} was changed or deleted since its version {entity.version} "
            "was read; read it again"
        )


def _uuid(id: UUID | str) -> UUID:  # noqa: A002
    if isinstance(id, UUID):
        return id
    return UUID(id)
