"""What an application imports to keep its data in PostgreSQL: one module per noun.

Each name is imported when it is first asked for: who needs sessions does not wait for Alembic.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app_db.errors import (
        AppDbError,
        BadSettings,
        ConnectionFailed,
        Duplicate,
        PoolExhausted,
        SchemaBehind,
        Stale,
        Unavailable,
    )
    from app_db.service import DbSessionService
    from app_db.settings import DatabaseSettings

_MODULES = {
    "app_db.errors": """AppDbError BadSettings ConnectionFailed Duplicate PoolExhausted SchemaBehind
        Stale Unavailable""",
    "app_db.service": "DbSessionService",
    "app_db.settings": "DatabaseSettings",
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = [
    "AppDbError",
    "BadSettings",
    "ConnectionFailed",
    "DatabaseSettings",
    "DbSessionService",
    "Duplicate",
    "PoolExhausted",
    "SchemaBehind",
    "Stale",
    "Unavailable",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
