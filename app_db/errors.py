"""What app_db raises: each error is also the one of SQLAlchemy's that it stands for.

So `except IntegrityError` and `except OperationalError` go on to work, and one word of ours
(DuplicateError, StaleError, UnavailableError) is enough for a handler.
"""

from typing import Any

from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from typing_extensions import override


class AppDbError(Exception):
    """Whatever app_db itself has to say."""


class BadSettingsError(AppDbError, ValueError):
    """The configuration cannot be used: what was found, what is needed, and where."""


class SchemaBehindError(AppDbError):
    """The database is not at the head of the history, and this login may not bring it there."""


class UnavailableError(AppDbError):
    """The database cannot serve now; the same request may succeed later (HTTP's 503)."""


class ConnectionFailedError(UnavailableError, OperationalError):
    """No connection could be made, or the one in use has broken."""


class PoolExhaustedError(UnavailableError, PoolTimeout):
    """All connections of the pool were in use for pool_timeout seconds."""


class DuplicateError(AppDbError, IntegrityError):
    """A row with the same key is there already (HTTP's 409).

    Attributes:
        constraint: the name of the unique constraint or index, like `uq_users_email`; empty where
            a function has raised the error.

    """

    constraint: str = ""

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        # Into another process, as a task queue does it.
        return (*super().__reduce__()[:2], {"constraint": self.constraint})

    @override
    def __str__(self) -> str:
        # Not PostgreSQL's DETAIL: that is the value, which need not be in a log.
        if not self.constraint:
            return "duplicate key value"
        return f"duplicate key value violates unique constraint {self.constraint!r}"


class StaleError(AppDbError, StaleDataError):
    """Somebody else has changed or deleted the row since it was read (HTTP's 409)."""
