"""SQL as the superuser, over the socket, from stdin: never in argv, never in the server's log."""

import shlex
from collections.abc import Container

from pyinfra.api.command import StringCommand

from deploys import shell
from deploys.runtime import Runtime, script_for
from howdah.found import Found

# What every session of the superuser begins with, by PGOPTIONS: before the first statement, in
# each database, and stronger than ALTER ROLE … SET or the server's own files.
OPTIONS = {
    # A function of somebody's own in public must not be taken for PostgreSQL's.
    "search_path": "pg_catalog",
    # Nothing of a session is logged: a statement may hold a verifier, a failing one too.
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_min_error_statement": "panic",
    "debug_print_parse": "off",
    "debug_print_rewritten": "off",
    "debug_print_plan": "off",
    "pg_stat_statements.track_utility": "off",
    # No default of a role or database may stop the work or spell an answer otherwise.
    "statement_timeout": "0",
    "lock_timeout": "60s",
    "idle_in_transaction_session_timeout": "0",
    "temp_file_limit": "-1",
    "default_transaction_read_only": "off",
    "default_transaction_isolation": "read\\ committed",
    "session_preload_libraries": "",
    "local_preload_libraries": "",
    "quote_all_identifiers": "off",
    "standard_conforming_strings": "on",
    "timezone": "UTC",
    "datestyle": "ISO",
    "client_min_messages": "error",
    # Compiling the catalog queries takes seconds, running them milliseconds.
    "jit": "off",
    # No role may see a statement with a verifier in it, not in shared memory either: a
    # deadlock, a crash and pg_stat_activity would show it.
    "track_activities": "off",
}
SINCE_17 = {"transaction_timeout": "0", "event_triggers": "off"}


def pgoptions(version: int, *, but: Container[str] = ()) -> str:
    """What libpq hands on to a server of that version."""
    options = dict(OPTIONS)
    if version >= 17:  # noqa: PLR2004
        options.update(SINCE_17)
    words = []
    for name, value in options.items():
        if name not in but:
            words.append(f"-c {name}={value}")
    return " ".join(words)


def superuser(
    runtime: Runtime,
    found: Found,
    what: str,
    script: str,
) -> StringCommand:
    """A command that runs psql's ``script`` in database postgres, up to the first error."""
    variables = session(runtime, found)
    text = script_for(runtime, "psql", "client", variables=variables)
    return shell.run(what, text, lock=runtime.lock, _stdin=f"{script}\n")


def session(
    runtime: Runtime,
    found: Found,
    *,
    but: Container[str] = (),
) -> dict[str, str]:
    """Variables of a script that asks the running server.

    ``but``: settings that the session has as the server gives them, for a question about them.
    """
    return {
        "server_socket": found.process.socket,
        "server_port": str(runtime.socket_port(found)),
        "session": pgoptions(runtime.cluster.version, but=but),
    }


def connect(database: str) -> str:
    """The line for another database."""
    return f"\\connect {shlex.quote(database)}\n"
