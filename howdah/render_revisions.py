"""The SQL between two revisions: `python -m howdah.render_revisions PACKAGE FROM [TO]`.

A process of its own, because the application is imported here: what it prints, breaks or leaves
behind stays here. FROM is a revision, several of them between commas where branches are not merged
yet, or `base` for an empty schema; TO is the head unless given. stdout gets SQL or nothing.
"""

import os
import re
import sys
import traceback
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from app_db.offline import recording
from app_db.recorded import OFFLINE, UsesDatabaseError
from howdah import psql_text
from howdah.revisions import SchemaError, contains, folder, head


def render(package: str, starts: Sequence[str], end: str | None = None) -> str:
    """Render what `alembic upgrade` would send, and reject what it would ask."""
    wanted = end or head(package)
    for revision in {*starts, wanted} - {"base"}:
        if not contains(package, revision):
            raise SchemaError(
                f"no revision {revision!r} in {package!r}; its head is {head(package)!r}"
            )
    sql = StringIO(newline="")  # a carriage return in a text stays one
    config = Config(output_buffer=sql)
    # A % in a path would be read as interpolation.
    location = str(folder(package))
    config.set_main_option("script_location", location.replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)

    def steps(revisions: Any, _context: object) -> Any:
        return scripts._upgrade_revs(wanted, revisions)

    # As alembic.command.upgrade does it, which knows one start only.
    environment = EnvironmentContext(
        config,
        scripts,
        fn=steps,
        as_sql=True,
        starting_rev=list(starts),
        destination_rev=wanted,
    )
    with recording(psql_text.check), environment:
        scripts.run_env()
    return sql.getvalue()


def main() -> int:
    """Write the SQL once it is whole; whatever else is written to stdout goes to stderr."""
    if len(sys.argv) not in {3, 4}:  # its own name, and they
        return _fail(f"{len(sys.argv) - 1} arguments; needed are PACKAGE, FROM and perhaps TO")
    with os.fdopen(os.dup(1), "w", encoding="utf-8", newline="") as out:
        # The descriptor, not sys.stdout: a library in C or a child process prints too.
        os.dup2(2, 1)
        try:
            package, starts, *end = sys.argv[1:]
            out.write(render(package, starts.split(","), *end))
        except SchemaError as e:
            return _fail(str(e))
        except (Exception, SystemExit, UsesDatabaseError) as e:
            return _fail(f"{sys.argv[1]}: {_place(e)}{_cause(e)}")
    return 0


def _fail(message: str) -> int:
    line = " ".join(message.split())
    sys.stderr.write(f"{line}\n")
    return 1


def _place(error: BaseException) -> str:
    """Name the last line of the environment's own files that the error came through."""
    ours = folder(sys.argv[1])
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename)
        if file.is_relative_to(ours):
            return f"{file.relative_to(ours)}:{frame.lineno}: "
    return ""


def _cause(error: BaseException) -> str:
    if isinstance(error, UsesDatabaseError | psql_text.StatementError):
        return str(error)
    unbound = re.search(r"A value is required for bind parameter '([^']+)'", str(error))
    if unbound:
        return f"':{unbound[1]}' is a parameter without a value; a colon in a text is '\\\\:'"
    found = f"{type(error).__name__}: {error}"
    # op.execute returns None, and a revision that reads its result is told so in these words.
    on_none = isinstance(error, AttributeError | TypeError) and "'NoneType' object" in found
    place = _place(error)
    if on_none and place.startswith("versions"):
        return f"{OFFLINE} ({found})"
    return found


if __name__ == "__main__":
    sys.exit(main())
