"""What the server is asked, each query in a file of its own."""

import functools
from pathlib import Path

from howdah.wanted import Wanted

EXISTS = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = :'base') AS here \\gset"


@functools.cache
def query(name: str) -> str:
    """The text of one of them."""
    return Path(__file__).with_name(f"{name}.sql").read_text()


def questions(want: Wanted, app_database: str) -> str:
    """One psql for all databases; one that is not there yet is passed over.

    psql's variable ``files``: whether the server's files are there to be asked about.
    """
    schemas = ",".join(sorted({schema for _, schema in want.schemas}))
    revision = {app_database: query("revision")}
    parts = [
        f"\\set schemas '{{{schemas}}}'",
        *map(query, ("server", "health")),
        f"\\if :files\n{query('files')}\n{query('faults')}\n\\endif",
        *map(query, ("cluster", "shared")),
        _in("template1", query("shared")),
    ]
    for name in want.connlimits:
        parts.append(_in(name, query("database") + revision.get(name, "")))
    return "\n".join(parts)


def _in(database: str, sql: str) -> str:
    """The same, connected to a database, if there is one of that name."""
    lines = (f"\\set base {database}", EXISTS, "\\if :here", "\\connect :base", sql)
    return "\n".join((*lines, "\\endif"))
