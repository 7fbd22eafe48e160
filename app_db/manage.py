"""DbManageService and `init-db`: the schema, brought to the head of its history."""

import sys
from importlib.util import find_spec
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from app_db import urls
from app_db.engine import make_engine
from app_db.errors import AppDbError, BadSettings, SchemaBehind
from app_db.migrating import DEPLOY, owner_to_become
from app_db.schema import SCHEMA
from app_db.settings import DatabaseSettings, read_settings
from app_db.translation import message


class DbManageService:
    """The schema of the database that the settings name; its history is `database.migrations`."""

    def __init__(self, settings: DatabaseSettings | None = None) -> None:
        self.settings = settings or read_settings()
        self._config = Config()
        # A % in a path would be read as interpolation.
        folder = str(_folder(self.settings.migrations)).replace("%", "%%")
        self._config.set_main_option("script_location", folder)

    def create_all(self) -> str:
        """Bring the schema to the head, and say which that is.

        On PostgreSQL only where this login may SET ROLE to the schema's owner; elsewhere the
        deploy does it, and this compares. Raises SchemaBehind, Unavailable, AppDbError.
        """
        engine = make_engine(self.settings, pool_size=1, max_overflow=0, echo=False)
        try:
            with engine.connect() as connection:
                if self._may_migrate(connection):
                    self._upgrade(connection)
                else:
                    self._compare(connection)
        finally:
            engine.dispose()
        return self.head()

    def head(self) -> str:
        """The last revision of the history."""
        return str(ScriptDirectory.from_config(self._config).get_current_head())

    def _may_migrate(self, connection: Connection) -> bool:
        return urls.is_sqlite(self.settings.url) or owner_to_become(connection) is not None

    def _upgrade(self, connection: Connection) -> None:
        self._config.attributes["connection"] = connection
        try:
            command.upgrade(self._config, "head")
        except CommandError as e:
            raise AppDbError(f"{self.settings.migrations}: {e}") from None

    def _compare(self, connection: Connection) -> None:
        context = MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA})
        found, head = context.get_current_revision(), self.head()
        if found != head:
            raise SchemaBehind(f"the schema is at {found}, and {head} is needed; run {DEPLOY}")


def init_db() -> int:
    """The command `init-db`: 0 at the head, 1 with what to do."""
    try:
        head = DbManageService().create_all()
    except AppDbError as e:
        sys.stderr.write(f"init-db: {message(e)}\n")
        return 1
    sys.stdout.write(f"the schema is at {head}\n")
    return 0


def _folder(package: str) -> Path:
    spec = find_spec(package)
    for location in (spec and spec.submodule_search_locations) or ():
        if (Path(location) / "env.py").exists():
            return Path(location)
    raise BadSettings(f"database.migrations is {package!r}: no package with Alembic's env.py")
