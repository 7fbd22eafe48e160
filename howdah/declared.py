"""roles-sql/ for one cluster: the names and numbers that its variables stand for."""

from collections.abc import Mapping
from pathlib import Path

from howdah import sqlfiles, statements
from howdah.cluster import Cluster
from howdah.verifiers import PASSWORDS, placeholder
from howdah.wanted import Wanted

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
    }


def declared(cluster: Cluster, folder: Path = ROLES_SQL) -> Wanted:
    """What roles-sql asks for. Raises BadSql."""
    return statements.wanted(sqlfiles.read(folder, variables(cluster)), cluster.version)
