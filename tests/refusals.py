"""Ten refusals, and the attempts that succeed beside them: what holds of any converged server.

Roles and databases stand by their options. Whatever the server answers, an attempt changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from typing_extensions import override

from howdah.cluster import Cluster
from howdah.names import identifier

TABLE = "app.users"  # where nothing else is said


@dataclass(frozen=True)
class Attempt:
    """One login, and a statement in it."""

    role: str
    database: str
    sql: str = "SELECT current_user"
    says: str = ""  # what refuses it, in the words of the server or of libpq; empty: it succeeds
    conninfo: Mapping[str, Any] = field(default_factory=dict, hash=False)
    writes: bool = False  # where the role's own sessions are read-only

    def of(self, cluster: Cluster, table: str = TABLE) -> "Attempt":
        """With the cluster's own names."""
        options = {k: getattr(cluster, k) for k in Cluster.model_fields
                 if k.endswith(("_role", "_database"))}  # fmt: skip
        names = {k: identifier(v) for k, v in options.items()}
        return replace(
            self,
            role=options.get(self.role, self.role),
            database=options.get(self.database, self.database),
            sql=self.sql.format(**names, table=table),
        )

    @property
    def script(self) -> str:
        """In a transaction that is never committed."""
        return f"BEGIN{' READ WRITE' if self.writes else ''}; {self.sql}; ROLLBACK"

    @override
    def __str__(self) -> str:
        """The test's name."""
        how = " ".join(f"{k}={v}" for k, v in self.conninfo.items())
        sql = f"BEGIN READ WRITE; {self.sql}" if self.writes else self.sql
        return f"{self.role} in {self.database}: {how or sql}"


APP, BACKUP, TEMPORAL_ROLE = "app_role", "backup_role", "temporal_role"
APPDB, TEMPORAL, VISIBILITY = "app_database", "temporal_database", "temporal_visibility_database"

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
_OLD = {"ssl_min_protocol_version": "TLSv1.1", "ssl_max_protocol_version": "TLSv1.1"}
AT_THE_DOOR = [
    Attempt(APP, APPDB, says="no encryption", conninfo={"sslmode": "disable"}),
    Attempt(APP, APPDB, says="protocol version", conninfo=_OLD),
    Attempt(APP, APPDB, says="password authentication failed", conninfo={"password": "wrong"}),
    Attempt("postgres", "postgres", says="no pg_hba.conf entry", conninfo={"password": "any"}),
    Attempt(APP, TEMPORAL, says="no pg_hba.conf entry"),
    Attempt(TEMPORAL_ROLE, APPDB, says="no pg_hba.conf entry"),
    Attempt(APP, "postgres", says="no pg_hba.conf entry"),
]
_DENIED = "permission denied"
# Whoever takes thousands keeps everybody out.
TAKES_A_LOCK = "SELECT pg_try_advisory_lock(4711)"
INSIDE = [
    *(Attempt(APP, APPDB, sql, says) for sql, says in (
        ("CREATE TABLE app.mine (i int)", f"{_DENIED} for schema app"),
        ("CREATE TABLE public.mine (i int)", f"{_DENIED} for schema public"),
        ("CREATE TEMP TABLE mine (i int)", f"{_DENIED} to create temporary"),
        ("SELECT lo_create(0)", f"{_DENIED} for function lo_create"),
        ("SELECT lo_from_bytea(0, '')", f"{_DENIED} for function"),
        ("UPDATE app.alembic_version SET version_num = 'x' WHERE false", _DENIED),
        ("ALTER TABLE {table} ADD COLUMN mine int", "must be owner"),
        ("SELECT FROM pg_authid", _DENIED),
        ("SET ROLE {owner_role}", f"{_DENIED} to set role"),
        ("COPY (SELECT 1) TO PROGRAM 'true'", "to COPY to or from an external program"),
    )),
    *(Attempt(BACKUP, APPDB, sql, says, writes=True) for sql, says in (
        ("DELETE FROM {table} WHERE false", f"{_DENIED} for table"),
        ("SELECT lo_creat(-1)", f"{_DENIED} for function"),
        ("CREATE TABLE app.mine (i int)", _DENIED),
    )),
    Attempt(BACKUP, APPDB, "DELETE FROM {table} WHERE false", "read-only transaction"),
    Attempt(BACKUP, APPDB, "SELECT FROM pg_authid", _DENIED),
    Attempt(BACKUP, APPDB, "SET ROLE {owner_role}", f"{_DENIED} to set role"),
    # Temporal makes tables and nothing else.
    *(Attempt(TEMPORAL_ROLE, TEMPORAL, sql, _DENIED) for sql in (
        "CREATE SCHEMA mine", "SELECT lo_creat(-1)", "CREATE TEMP TABLE mine (i int)",
        "SET ROLE {temporal_owner_role}", "SELECT FROM pg_authid", "CREATE EXTENSION citext",
    )),
    *(Attempt(role, base, TAKES_A_LOCK, f"{_DENIED} for function") for role, base in (
        (APP, APPDB), (BACKUP, APPDB), (TEMPORAL_ROLE, TEMPORAL),
    )),
]  # fmt: skip
# A server whose certificate is another CA's, which the client itself refuses.
ANOTHER_CA = Attempt(APP, APPDB, says="certificate verify failed")
