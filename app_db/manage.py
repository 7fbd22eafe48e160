"""DbManageService and `init-db`: the schema, brought to the head of its history."""

import re
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from app_db import urls
from app_db.engine import make_engine
from app_db.errors import AppDbError, BadSettingsError, SchemaBehindError
from app_db.migrating import DEPLOY, owner_to_become
from app_db.schema import SCHEMA
from app_db.service import DbSessionService
from app_db.settings import DatabaseSettings, read_settings
from app_db.translation import message

DEFAULT = "app_db.migrations"
DEFAULT_NAMES = "app_db_"  # how its revisions begin


class DbManageService:
    """The schema of the database that the settings name; its history is `database.migrations`."""

    def __init__(self, settings: DatabaseSettings | None = None) -> None:
        self.settings = settings or read_settings()
        self._config = Config()
        folder = history_folder(self.settings.migrations)
        # A % in a path would be read as interpolation.
        location = str(folder).replace("%", "%%")
        self._config.set_main_option("script_location", location)

    def create_all(self) -> str:
        """Bring the schema to the head, and say which that is.

        On PostgreSQL only where this login may SET ROLE to the schema's owner; elsewhere the
        deploy does it, and this compares. Raises SchemaBehindError, UnavailableError, AppDbError.
        """
        head = self.head()  # of a history that can be read
        with self._connected() as connection:
            if self._may_migrate(connection):
                self._upgrade(connection)
            else:
                self._compare(connection, head)
        return head

    def head(self) -> str:
        """The last revision of the history. Raises AppDbError where it has none, or several."""
        with self._told(CommandError, KeyError, SyntaxError):  # Alembic's words for it
            head = self._scripts().get_current_head()
        if head is None:
            raise AppDbError(f"{self.settings.migrations} has no revision yet")
        return head

    def _scripts(self) -> ScriptDirectory:
        return ScriptDirectory.from_config(self._config)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        if urls.is_in_memory(self.settings.url):  # another connection would be another database
            service = DbSessionService(self.settings)
            with service.engine.connect() as connection:
                yield connection
            return
        engine = make_engine(self.settings, pool_size=1, max_overflow=0, echo=False)
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()

    def _may_migrate(self, connection: Connection) -> bool:
        if urls.is_sqlite(self.settings.url):
            return True
        owner = owner_to_become(connection)
        return owner is not None

    def _upgrade(self, connection: Connection) -> None:
        self._config.attributes["connection"] = connection
        with self._told(CommandError):
            command.upgrade(self._config, "head")

    def _compare(self, connection: Connection, head: str) -> None:
        context = MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA})
        found = sorted(context.get_current_heads())
        if found == [head]:
            return
        scripts = self._scripts()
        known = {script.revision for script in scripts.walk_revisions()}
        history = self.settings.migrations
        at = " and ".join(found) or None
        for revision in found:
            if revision not in known:
                remedy = self._remedy(revision)
                raise AppDbError(f"the schema is at {at}, which {history} does not have; {remedy}")
        raise SchemaBehindError(f"the schema is at {at}, and {head} is needed; run {DEPLOY}")

    def _remedy(self, unknown: str) -> str:
        history = self.settings.migrations
        if history != DEFAULT and unknown.startswith(DEFAULT_NAMES):
            return (
                f"it is of app_db's history: `python -m app_db.join {history}` "
                "makes yours its continuation"
            )
        return (
            "start a newer version of the application, "
            "or name its own history in database.migrations"
        )

    @contextmanager
    def _told(self, *kinds: type[Exception]) -> Iterator[None]:
        """What is wrong with the history is one line."""
        try:
            yield
        except kinds as e:
            said = f"{self.settings.migrations}: {e}"
            unknown = re.search(r"Can't locate revision identified by '(.*)'", str(e))
            if unknown:
                remedy = self._remedy(unknown[1])
                said = f"{said}; {remedy}"
            raise AppDbError(said) from None


HELP = """\
Brings the schema of the database that DATABASE_URL or config.yaml names to the head of its history.
Where the login may not migrate, it compares only. Ends with 0 if the schema is at the head."""


def main() -> int:
    """The command `init-db`, which takes no arguments."""
    ArgumentParser(prog="init-db", description=HELP).parse_args()
    return init_db()


def init_db() -> int:
    """0 at the head, 1 with what to do."""
    try:
        head = DbManageService().create_all()
    except (AppDbError, SQLAlchemyError) as e:
        sys.stderr.write(f"init-db: {message(e)}\n")
        return 1
    sys.stdout.write(f"the schema is at {head}\n")
    return 0


def history_folder(package: str) -> Path:
    """Where the history is. Raises BadSettingsError."""
    try:
        spec = find_spec(package)
    except Exception as e:  # whatever a package says that does not import
        kind = type(e).__name__
        raise BadSettingsError(
            f"database.migrations is {package!r}, which cannot be imported "
            f"({kind}: {e}); install it beside app_db, or name another"
        ) from None
    locations: Sequence[str] = ()
    if spec is not None:
        locations = spec.submodule_search_locations or ()
    for location in locations:
        folder = Path(location)
        if (folder / "env.py").exists():
            return folder
    raise BadSettingsError(f"database.migrations is {package!r}: no package with Alembic's env.py")
