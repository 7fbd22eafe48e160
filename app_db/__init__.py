"""What an application imports to keep its data in PostgreSQL: one module per noun.

Each name is imported when it is first asked for: who needs sessions does not wait for Alembic.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app_db.entity import Entity, EntityTable
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
    from app_db.manage import DbManageService
    from app_db.repository import Repository
    from app_db.service import DbSessionService
    from app_db.settings import DatabaseSettings
    from app_db.user import User, UserRepository, UserTable
    from app_db.user_identity import UserIdentity, UserIdentityRepository, UserIdentityTable

_MODULES = {
    "app_db.entity": "Entity EntityTable",
    "app_db.errors": """AppDbError BadSettings ConnectionFailed Duplicate PoolExhausted SchemaBehind
        Stale Unavailable""",
    "app_db.manage": "DbManageService",
    "app_db.repository": "Repository",
    "app_db.service": "DbSessionService",
    "app_db.settings": "DatabaseSettings",
    "app_db.user": "User UserRepository UserTable",
    "app_db.user_identity": "UserIdentity UserIdentityRepository UserIdentityTable",
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = [
    "AppDbError",
    "BadSettings",
    "ConnectionFailed",
    "DatabaseSettings",
    "DbManageService",
    "DbSessionService",
    "Duplicate",
    "Entity",
    "EntityTable",
    "PoolExhausted",
    "Repository",
    "SchemaBehind",
    "Stale",
    "Unavailable",
    "User",
    "UserIdentity",
    "UserIdentityRepository",
    "UserIdentityTable",
    "UserRepository",
    "UserTable",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
