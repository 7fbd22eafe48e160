"""Points in time: with a zone always, in UTC, on SQLite too."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, TypeDecorator
from typing_extensions import override

from app_db.errors import AppDbError


class NoTimeZoneError(AppDbError, ValueError):
    """A datetime that could be anywhere; which one need not be in a log."""


class UtcDateTime(TypeDecorator[datetime]):
    """`timestamptz`; SQLite has no zones and keeps UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise NoTimeZoneError("a datetime has no time zone; datetime.now(UTC) has one")
        return value.astimezone(UTC)

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        found: datetime = value
        if found.tzinfo is None:
            return found.replace(tzinfo=UTC)
        return found.astimezone(UTC)
