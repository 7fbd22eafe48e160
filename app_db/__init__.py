"""What an application imports to keep its data in PostgreSQL: one module per noun.

Each name is imported when it is first asked for: who needs sessions does not wait for Alembic.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app_db.entity import Entity, EntityTable
    from app_db.errors import (
        AppDbError,
        BadSettingsError,
        ConnectionFailedError,
        DuplicateError,
        PoolExhaustedError,
        SchemaBehindError,
        StaleError,
        UnavailableError,
    )
    from app_db.manage import DbManageService
    from app_db.repository import Repository
    from app_db.service import DbSessionService
    from app_db.settings import DatabaseSettings
    from app_db.user import User, UserRepository, UserTable
    from app_db.user_identity import UserIdentity, UserIdentityRepository, UserIdentityTable

_HOMES = {
    "AppDbError": "app_db.errors",
    "BadSettingsError": "app_db.errors",
    "ConnectionFailedError": "app_db.errors",
    "DatabaseSettings": "app_db.settings",
    "DbManageService": "app_db.manage",
    "DbSessionService": "app_db.service",
    "DuplicateError": "app_db.errors",
    "Entity": "app_db.entity",
    "EntityTable": "app_db.entity",
    "PoolExhaustedError": "app_db.errors",
    "Repository": "app_db.repository",
    "SchemaBehindError": "app_db.errors",
    "StaleError": "app_db.errors",
    "UnavailableError": "app_db.errors",
    "User": "app_db.user",
    "UserIdentity": "app_db.user_identity",
    "UserIdentityRepository": "app_db.user_identity",
    "UserIdentityTable": "app_db.user_identity",
    "UserRepository": "app_db.user",
    "UserTable": "app_db.user",
}

__all__ = [
    "AppDbError",
    "BadSettingsError",
    "ConnectionFailedError",
    "DatabaseSettings",
    "DbManageService",
    "DbSessionService",
    "DuplicateError",
    "Entity",
    "EntityTable",
    "PoolExhaustedError",
    "Repository",
    "SchemaBehindError",
    "StaleError",
    "UnavailableError",
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
    module = import_module(_HOMES[name])
    return getattr(module, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
