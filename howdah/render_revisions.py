"""The SQL between two revisions: `python -m howdah.render_revisions PACKAGE FROM [TO]`.

A process of its own, because the application is imported here: what it prints, breaks or leaves
behind stays here. FROM is a revision, or `base` for an empty schema; TO is the head unless given.
stdout gets SQL or nothing.
"""

import os
import re
import sys
import traceback
from io import StringIO
from pathlib import Path
from typing import NoReturn

from alembic import command
from alembic.config import Config
from alembic.operations import AbstractOperations

from howdah.revisions import BadSchema, contains, folder, head

OFFLINE = "uses the database while it is rendered offline; use plain op.* or op.execute"


class UsesDatabase(RuntimeError):
    """A revision asked for a connection; Alembic's stand-in would answer None to every query."""


def render(package: str, start: str, end: str | None = None) -> str:
    """Render as Alembic does, but for a version table that may be there already."""
    wanted = end or head(package)
    for revision in {start, wanted} - {"base"}:
        if not contains(package, revision):
            raise BadSchema(
                f"no revision {revision!r} in {package!r}; its head is {head(package)!r}"
            )
    sql = StringIO()
    config = Config(output_buffer=sql)
    # A % in a path would be read as interpolation.
    config.set_main_option("script_location", str(folder(package)).replace("%", "%%"))
    AbstractOperations.get_bind = _refuse  # type: ignore[method-assign, assignment]
    command.upgrade(config, f"{start}:{wanted}", sql=True)
    created = "CREATE TABLE {}app.alembic_version ("
    bare, guarded = created.format(""), created.format("IF NOT EXISTS ")
    return re.sub(f"^{re.escape(bare)}", guarded, sql.getvalue(), count=1, flags=re.MULTILINE)


def _refuse(_self: AbstractOperations) -> NoReturn:
    raise UsesDatabase(OFFLINE)


def main() -> int:
    """Write the SQL once it is whole; whatever else is written to stdout goes to stderr."""
    if len(sys.argv) not in {3, 4}:  # its own name, and they
        return _fail(f"{len(sys.argv) - 1} arguments; needed are PACKAGE, FROM and perhaps TO")
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        # The descriptor, not sys.stdout: a library in C or a child process prints too.
        os.dup2(2, 1)
        try:
            out.write(render(*sys.argv[1:]))
        except BadSchema as e:
            return _fail(str(e))
        except (Exception, SystemExit) as e:
            return _fail(f"{sys.argv[1]}: {_place(e)}{_cause(e)}")
    return 0


def _fail(message: str) -> int:
    sys.stderr.write(" ".join(message.split()) + "\n")
    return 1


def _place(error: BaseException) -> str:
    """Name the last line of the environment's own files that the error came through."""
    ours = folder(sys.argv[1])
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).is_relative_to(ours):
            return f"{Path(frame.filename).relative_to(ours)}:{frame.lineno}: "
    return ""


def _cause(error: BaseException) -> str:
    if isinstance(error, UsesDatabase):
        return str(error)
    found = f"{type(error).__name__}: {error}"
    # op.execute returns None here, and a revision that reads its result says so in these words.
    on_none = isinstance(error, AttributeError | TypeError) and "'NoneType' object" in found
    return f"{OFFLINE} ({found})" if on_none and _place(error).startswith("versions") else found


if __name__ == "__main__":
    sys.exit(main())
