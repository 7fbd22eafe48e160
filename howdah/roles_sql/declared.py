"""roles-sql/ for one cluster: the names and numbers that its variables stand for."""

from collections.abc import Mapping
from pathlib import Path

from components import COMPONENTS
from components.audit import redacts_roles
from components.dumps import bypassrls
from howdah import unsafe
from howdah.cluster import Cluster
from howdah.names import identifier
from howdah.options import SUPERUSER
from howdah.rights.catalog import Schema, Setting
from howdah.roles_sql import sqlfiles, statements
from howdah.roles_sql.sqlfiles import RolesSqlError
from howdah.roles_sql.wanted import Wanted
from howdah.secrets.verifiers import LOGINS, placeholder
from howdah.team import CHECKOUT, roles_sql

MAINTENANCE_ROLE = "pg_partman_bgw.role"  # the setting: its maintenance takes advisory locks


def variables(cluster: Cluster) -> Mapping[str, str]:
    """psql variable: value. A verifier's value is a placeholder that the controller fills in."""
    of_logins = {}
    for variable, login in LOGINS.items():
        of_logins[variable] = placeholder(variable)
        of_logins[f"{login.name}_connections"] = str(login.connections(cluster))
    log_statement = "ddl"
    if redacts_roles(cluster):
        log_statement = "none"
    is_since_17 = cluster.version >= 17  # noqa: PLR2004
    advisory_locks = map(identifier, advisory_lock_roles(cluster))
    return {
        **cluster.names_of("_role"),
        **cluster.names_of("_database"),
        **of_logins,
        "backup_bypassrls": bypassrls(cluster),
        "statement_timeout": cluster.statement_timeout,
        "idle_timeout": cluster.idle_in_transaction_session_timeout,
        "lock_timeout": cluster.lock_timeout,
        "temp_file_limit": cluster.temp_file_limit,
        "log_statement": log_statement,
        "since_17": str(is_since_17).lower(),
        "transaction_timeout": cluster.transaction_timeout,
        "advisory_locks": ", ".join(advisory_locks),
    }


def advisory_lock_roles(cluster: Cluster) -> list[str]:
    """Who may take advisory locks, each once; the superuser may in any case."""
    maintains = str(cluster.settings.get(MAINTENANCE_ROLE, SUPERUSER))
    roles = [cluster.owner_role, *cluster.advisory_locks, maintains]
    each_once = dict.fromkeys(roles)
    return [role for role in each_once if role != SUPERUSER]


def declared(cluster: Cluster, folder: Path | None = None) -> Wanted:
    """What roles-sql asks for: Howdah's and a team's, or ``folder``. Raises RolesSqlError."""
    beside: list[Path] = []
    if folder is None:
        folder = CHECKOUT / "roles-sql"
        beside = roles_sql()
    components = [file for component in COMPONENTS for file in component.roles_sql]
    read = sqlfiles.read(
        folder,
        variables(cluster),
        beside=beside,
        more=components,
        environment=cluster.environment,
    )
    want = statements.wanted(read, cluster.version)
    _check_schemas(want)
    if cluster.stage == "production":
        _check_settings(want, cluster)
    return want


def unsafe_settings(want: Wanted) -> dict[Setting, str]:
    """What ALTER ROLE and ALTER DATABASE set, and production should not have -> where and why."""
    causes = {}
    for setting, value in want.settings.items():
        cause = unsafe.unsafe(setting.name, value)
        if cause:
            source = want.sources[setting]
            causes[setting] = f"{source}: {setting.name} = {value!r}: {cause}"
    return causes


def _check_settings(want: Wanted, cluster: Cluster) -> None:
    for setting, cause in unsafe_settings(want).items():
        name = setting.name
        if not cluster.may_be_unsafe(name):
            raise RolesSqlError(f"{cause}, or unsafe_settings = [{name!r}] where that is meant")


def _check_schemas(want: Wanted) -> None:
    """What is in a schema that these files neither make nor name is not read."""
    known = set(want.schemas)
    for database in want.connlimits:
        known.add(Schema(database, "pg_catalog"))
    for step in want.steps:
        target = step.target
        if target.schema and target.in_schema not in known:
            raise RolesSqlError(
                f"{step.source}: schema {target.schema} is not managed: needs CREATE SCHEMA or a "
                "GRANT or REVOKE ON SCHEMA of it in these files"
            )
