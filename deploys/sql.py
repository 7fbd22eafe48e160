"""SQL as the superuser, over the socket, from stdin: never in argv, never in the server's log."""

import shlex

from pyinfra.api.command import StringCommand

from deploys import shell
from deploys.runtime import Runtime

# The first lines of every session. Only a superuser may switch logging off, and a failing
# statement would be logged with its verifier. psql's LINE 1: prints part of it too.
QUIET = """\\set VERBOSITY terse
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
SET pg_stat_statements.track_utility = 'off';
SET statement_timeout = 0;
SET client_min_messages = 'warning';
"""


def superuser(runtime: Runtime, what: str, script: str) -> StringCommand:
    """A command that runs psql's ``script`` in database postgres, up to the first error."""
    layout = runtime.layout
    psql = shell.quoted(
        "env", "-i", "LC_ALL=C.UTF-8", f"{layout.binaries}/psql", "-XAtq", "-v", "ON_ERROR_STOP=1",
        "-h", layout.socket, "-p", str(runtime.cluster.port), "-U", "postgres", "-d", "postgres",
        "-o", "/dev/null", "-f", "-",
    )  # fmt: skip
    return shell.run(what, f"cd /; {runtime.as_owner} {psql}", _stdin=QUIET + script + "\n")


def connect(database: str) -> str:
    """psql's line for another database, quiet again."""
    return f"\\connect {shlex.quote(database)}\n{QUIET}"
