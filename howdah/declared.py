"""roles-sql/ for one cluster: the names and numbers that its variables stand for."""

from collections.abc import Mapping
from pathlib import Path

from howdah import sqlfiles, statements, unsafe
from howdah.catalog import Setting
from howdah.cluster import Cluster
from howdah.knobs import SUPERUSER
from howdah.names import identifier
from howdah.sqlfiles import RolesSqlError
from howdah.verifiers import PASSWORDS, placeholder
from howdah.wanted import Wanted

MAINTENANCE_ROLE = "pg_partman_bgw.role"  # the setting: its maintenance takes advisory locks
ROLES_SQL = Path(__file__).parent.parent / "roles-sql"


def variables(cluster: Cluster) -> Mapping[str, str]:
    """psql variable: value. A verifier's value is a placeholder that the controller fills in."""
    names = [k for k in Cluster.model_fields if k.endswith(("_role", "_database"))]
    return {
        **{name: getattr(cluster, name) for name in names},
        **{name: placeholder(name) for name in PASSWORDS},
        "app_connections": str(cluster.app_connections),
        "backup_connections": str(cluster.backup_connections),
        "temporal_connections": str(cluster.temporal_connections),
        "statement_timeout": cluster.statement_timeout,
        "idle_timeout": cluster.idle_in_transaction_session_timeout,
        "lock_timeout": cluster.lock_timeout,
        "temp_file_limit": cluster.temp_file_limit,
        "log_statement": "none" if cluster.redacts_roles else "ddl",
        "since_17": "true" if cluster.version >= 17 else "false",  # noqa: PLR2004
        "transaction_timeout": cluster.transaction_timeout,
        "advisory_locks": ", ".join(map(identifier, advisory_lock_roles(cluster))),
    }


def advisory_lock_roles(cluster: Cluster) -> list[str]:
    """Who may take advisory locks, each once; the superuser may in any case."""
    maintains = str(cluster.settings.get(MAINTENANCE_ROLE, SUPERUSER))
    roles = dict.fromkeys((cluster.owner_role, *cluster.advisory_locks, maintains))
    return [role for role in roles if role != SUPERUSER]


def declared(cluster: Cluster, folder: Path = ROLES_SQL) -> Wanted:
    """What roles-sql asks for. Raises RolesSqlError."""
    want = statements.wanted(sqlfiles.read(folder, variables(cluster)), cluster.version)
    _check_schemas(want)
    if cluster.stage == "production":
        _check_settings(want, cluster)
    return want


def unsafe_settings(want: Wanted) -> dict[Setting, str]:
    """What ALTER ROLE and ALTER DATABASE set, and production should not have -> where and why."""
    causes = {}
    for key, value in want.settings.items():
        cause = unsafe.unsafe(key.name, value)
        if cause:
            causes[key] = f"{want.sources[key]}: {key.name} = {value!r}: {cause}"
    return causes


def _check_settings(want: Wanted, cluster: Cluster) -> None:
    for key, cause in unsafe_settings(want).items():
        if not cluster.may_be_unsafe(key.name):
            raise RolesSqlError(f"{cause}, or unsafe_settings = [{key.name!r}] where that is meant")


def _check_schemas(want: Wanted) -> None:
    """What is in a schema that these files neither make nor name is not read."""
    known = {*want.schemas, *((base, "pg_catalog") for base in want.connlimits)}
    for step in want.steps:
        target = step.target
        if target.schema and (target.database, target.schema) not in known:
            raise RolesSqlError(
                f"{step.source}: schema {target.schema} is not managed: needs CREATE SCHEMA or a "
                "GRANT or REVOKE ON SCHEMA of it in these files"
            )
