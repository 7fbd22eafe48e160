"""Ten forbidden attempts, and the allowed ones beside them: what holds of any converged server.

Roles and databases stand by their options. Whatever the server answers, an attempt changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from typing_extensions import override

from howdah.cluster import Cluster
from howdah.names import identifier

TABLE = "app.users"  # where no other is named


@dataclass(frozen=True)
class Attempt:
    """One login, and a statement in it."""

    role: str
    database: str
    sql: str = "SELECT current_user"
    says: str = ""  # what rejects it, in the words of the server or of libpq; empty: it succeeds
    conninfo: Mapping[str, Any] = field(default_factory=dict, hash=False)
    writes: bool = False  # where the role's own sessions are read-only

    def of(self, cluster: Cluster, table: str = TABLE) -> "Attempt":
        """With the cluster's own names."""
        names = {**cluster.names_of("_role"), **cluster.names_of("_database")}
        quoted = {}
        for option, name in names.items():
            quoted[option] = identifier(name)
        return replace(
            self,
            role=names.get(self.role, self.role),
            database=names.get(self.database, self.database),
            sql=self.sql.format(**quoted, table=table),
        )

    @property
    def is_of_tls(self) -> bool:
        """Whether a server without TLS does not know the difference."""
        return any(name.startswith("ssl") for name in self.conninfo)

    @property
    def script(self) -> str:
        """In a transaction that is never committed."""
        return f"{self._begin}; {self.sql}; ROLLBACK"

    @property
    def _begin(self) -> str:
        if self.writes:
            return "BEGIN READ WRITE"
        return "BEGIN"

    @override
    def __str__(self) -> str:
        """The test's name."""
        where = f"{self.role} in {self.database}"
        if self.conninfo:
            words = []
            for name, value in self.conninfo.items():
                words.append(f"{name}={value}")
            return f"{where}: {' '.join(words)}"
        if self.writes:
            return f"{where}: {self._begin}; {self.sql}"
        return f"{where}: {self.sql}"


APP = "app_role"
BACKUP = "backup_role"
TEMPORAL_ROLE = "temporal_role"
APPDB = "app_database"
TEMPORAL = "temporal_database"
VISIBILITY = "temporal_visibility_database"

ENTER = [
    Attempt(APP, APPDB),
    Attempt(BACKUP, APPDB),
    Attempt(BACKUP, TEMPORAL),
    Attempt(BACKUP, VISIBILITY),
    Attempt(TEMPORAL_ROLE, TEMPORAL),
    Attempt(TEMPORAL_ROLE, VISIBILITY),
]
# EXPLAIN asks for the rights, and runs nothing.
MAY = [
    Attempt(APP, APPDB, "SELECT FROM {table}, alembic_version LIMIT 1"),
    Attempt(APP, APPDB, "EXPLAIN INSERT INTO {table} DEFAULT VALUES"),
    Attempt(APP, APPDB, "EXPLAIN DELETE FROM {table}"),
    Attempt(BACKUP, APPDB, "SELECT FROM {table}, app.alembic_version LIMIT 1"),
    # What drivers do when a connection goes back to its pool.
    Attempt(APP, APPDB, "SELECT pg_advisory_unlock_all()"),
    Attempt(TEMPORAL_ROLE, TEMPORAL, "CREATE TABLE mine (i int)"),
    Attempt(TEMPORAL_ROLE, VISIBILITY, "CREATE TABLE mine (i int)"),
]
_OLD = {
    "ssl_min_protocol_version": "TLSv1.1",
    "ssl_max_protocol_version": "TLSv1.1",
}
_NO_ENTRY = "no pg_hba.conf entry"
WRONG_PASSWORD = Attempt(
    APP,
    APPDB,
    says="password authentication failed",
    conninfo={"password": "wrong"},
)
AT_THE_DOOR = [
    Attempt(APP, APPDB, says="no encryption", conninfo={"sslmode": "disable"}),
    Attempt(APP, APPDB, says="protocol version", conninfo=_OLD),
    WRONG_PASSWORD,
    Attempt("postgres", "postgres", says=_NO_ENTRY, conninfo={"password": "any"}),
    Attempt(APP, TEMPORAL, says=_NO_ENTRY),
    Attempt(TEMPORAL_ROLE, APPDB, says=_NO_ENTRY),
    Attempt(APP, "postgres", says=_NO_ENTRY),
]
# A server whose certificate is another CA's, which the client itself rejects.
ANOTHER_CA = Attempt(APP, APPDB, says="certificate verify failed")

_DENIED = "permission denied"
# A role that takes thousands keeps all others out.
TAKES_A_LOCK = "SELECT pg_try_advisory_lock(4711)"
_BY_APP = {
    "CREATE TABLE app.mine (i int)": f"{_DENIED} for schema app",
    "CREATE TABLE public.mine (i int)": f"{_DENIED} for schema public",
    "CREATE TEMP TABLE mine (i int)": f"{_DENIED} to create temporary",
    "SELECT lo_create(0)": f"{_DENIED} for function lo_create",
    "SELECT lo_from_bytea(0, '')": f"{_DENIED} for function",
    "UPDATE app.alembic_version SET version_num = 'x' WHERE false": _DENIED,
    "ALTER TABLE {table} ADD COLUMN mine int": "must be owner",
    "SELECT FROM pg_authid": _DENIED,
    "SET ROLE {owner_role}": f"{_DENIED} to set role",
    "COPY (SELECT 1) TO PROGRAM 'true'": "to COPY to or from an external program",
    TAKES_A_LOCK: f"{_DENIED} for function",
}
_BY_BACKUP = {
    "DELETE FROM {table} WHERE false": "read-only transaction",
    "SELECT FROM pg_authid": _DENIED,
    "SET ROLE {owner_role}": f"{_DENIED} to set role",
    TAKES_A_LOCK: f"{_DENIED} for function",
}
_BY_BACKUP_READ_WRITE = {
    "DELETE FROM {table} WHERE false": f"{_DENIED} for table",
    "SELECT lo_creat(-1)": f"{_DENIED} for function",
    "CREATE TABLE app.mine (i int)": _DENIED,
}
# Temporal makes tables and nothing else.
_BY_TEMPORAL = {
    "CREATE SCHEMA mine": _DENIED,
    "SELECT lo_creat(-1)": _DENIED,
    "CREATE TEMP TABLE mine (i int)": _DENIED,
    "SET ROLE {temporal_owner_role}": _DENIED,
    "SELECT FROM pg_authid": _DENIED,
    "CREATE EXTENSION citext": _DENIED,
    TAKES_A_LOCK: f"{_DENIED} for function",
}


def _inside(
    role: str,
    database: str,
    says: Mapping[str, str],
    *,
    writes: bool = False,
) -> list[Attempt]:
    """Attempts of one role; ``says``: statement -> what rejects it."""
    attempts = []
    for sql, words in says.items():
        attempts.append(Attempt(role, database, sql, words, writes=writes))
    return attempts


INSIDE = [
    *_inside(APP, APPDB, _BY_APP),
    *_inside(BACKUP, APPDB, _BY_BACKUP_READ_WRITE, writes=True),
    *_inside(BACKUP, APPDB, _BY_BACKUP),
    *_inside(TEMPORAL_ROLE, TEMPORAL, _BY_TEMPORAL),
]
