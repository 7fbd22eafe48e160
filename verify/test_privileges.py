"""What the roles may do, as the server itself reports it, and as roles-sql/ asks for it."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from components.dumps import Dumps
from howdah.cluster import Cluster
from howdah.names import literal
from howdah.options import SHARED
from howdah.rights.kinds import privileges
from howdah.secrets.verifiers import LOGINS
from verify.current_host import CurrentHost

OPTIONS = sorted(login.role_option for login in LOGINS.values())
ON_TABLES = {
    "app_role": ("DELETE", "INSERT", "SELECT", "UPDATE"),
    "backup_role": ("SELECT",),
}
each_role = pytest.mark.parametrize("option", OPTIONS)
# A server's dependencies name the owner of whatever is in any of its databases.
IN_THE_CLUSTER = """
SELECT json_build_array('attribute', r.rolname, a.name) FROM pg_roles AS r
CROSS JOIN LATERAL (VALUES ('rolsuper', rolsuper), ('rolcreatedb', rolcreatedb),
    ('rolcreaterole', rolcreaterole), ('rolinherit', rolinherit), ('rolcanlogin', rolcanlogin),
    ('rolreplication', rolreplication), ('rolbypassrls', rolbypassrls)) AS a (name, is_set)
WHERE r.rolname = ANY ({roles}) AND a.is_set
UNION ALL
SELECT json_build_array('membership', name, format('%s is a member of %s', u.rolname, r.rolname))
FROM pg_auth_members
JOIN pg_roles AS r ON r.oid = roleid JOIN pg_roles AS u ON u.oid = member
CROSS JOIN unnest({roles}) AS name WHERE name IN (r.rolname, u.rolname)
UNION ALL
SELECT json_build_array('owned', rolname, coalesce(datname, 'the cluster'), classid::regclass)
FROM pg_shdepend AS s LEFT JOIN pg_database AS d ON d.oid = dbid
JOIN pg_roles AS r ON r.oid = refobjid AND refclassid = 'pg_authid'::regclass
WHERE rolname = ANY ({roles}) AND deptype = 'o'
    AND datallowconn IS NOT false  -- what a restore has kept is closed to everybody
GROUP BY rolname, datname, classid
UNION ALL
SELECT json_build_array('database', name, datname) FROM pg_database
CROSS JOIN unnest({roles}) AS name
WHERE datname = ANY ({databases}) AND has_database_privilege(name, oid, 'CONNECT')
"""
# Whether by name, by PUBLIC, by a column or by membership.
IN_THE_APPLICATIONS = """
SELECT json_build_array('privilege', role, format('%s ON %s', p.name, c.relname))
FROM pg_class AS c CROSS JOIN unnest({privileges}) AS p (name) CROSS JOIN unnest({roles}) AS role
WHERE c.relnamespace = 'app'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
AND (has_table_privilege(role, c.oid, p.name)
    OR p.name IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
    AND has_any_column_privilege(role, c.oid, p.name))
UNION ALL
SELECT json_build_array('table', '', relname) FROM pg_class
WHERE relnamespace = 'app'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
"""


def _array(words: Iterable[str]) -> str:
    return f"ARRAY[{', '.join(map(literal, words))}]::text[]"


class Facts:
    """What the server reports of the three roles, asked once in each of two databases."""

    def __init__(self, current: CurrentHost, cluster: Cluster) -> None:
        app = cluster.app_database
        databases = [app, *_of_temporal(cluster), *SHARED]
        names = {
            "roles": _array(login.role(cluster) for login in LOGINS.values()),
            "databases": _array(databases),
            "privileges": _array(privileges("table", cluster.version)),
        }
        lines = current.ask(IN_THE_CLUSTER.format(**names))
        lines += current.ask(IN_THE_APPLICATIONS.format(**names), app)
        self._rows = [json.loads(line) for line in lines]

    def of(self, kind: str, role: str = "") -> list[Any]:
        """In order; where a row has more than one value, all of them."""
        found = []
        for row in self._rows:
            if row[:2] == [kind, role]:
                values = row[2:]
                found.append(values if len(values) > 1 else values[0])
        return sorted(found)


def _of_temporal(cluster: Cluster) -> list[str]:
    return [cluster.temporal_database, cluster.temporal_visibility_database]


@pytest.fixture(scope="session")
def facts(current: CurrentHost, cluster: Cluster) -> Facts:
    return Facts(current, cluster)


@pytest.fixture
def role(cluster: Cluster, option: str) -> str:
    return cluster.names_of("_role")[option]


@each_role
def test_role_logs_in_and_nothing_else(
    facts: Facts, cluster: Cluster, option: str, role: str
) -> None:
    wanted = ["rolcanlogin"]
    if option == "backup_role" and cluster.of(Dumps).row_security:
        wanted = ["rolbypassrls", "rolcanlogin"]
    assert facts.of("attribute", role) == wanted


@each_role
def test_role_acts_as_no_other(facts: Facts, role: str) -> None:
    assert facts.of("membership", role) == []


@each_role
def test_role_owns_nothing(facts: Facts, cluster: Cluster, option: str, role: str) -> None:
    """But for the tables that Temporal makes for itself."""
    allowed = []
    if option == "temporal_role":
        allowed = _of_temporal(cluster)
    owned = []
    for where, what in facts.of("owned", role):
        if where not in allowed:
            owned.append(f"{what} in {where}")
    assert owned == []


@each_role
def test_rights_on_tables(facts: Facts, option: str, role: str) -> None:
    rows = set(facts.of("privilege", role))
    wanted = _on_tables(option, facts.of("table"))
    assert sorted(rows - wanted) == []
    assert sorted(wanted - rows) == []


def _on_tables(option: str, tables: list[str]) -> set[str]:
    wanted = set()
    assert "alembic_version" in tables
    for table in tables:
        for privilege in ON_TABLES.get(option, ()):
            if privilege == "SELECT" or table != "alembic_version":
                wanted.add(f"{privilege} ON {table}")
    return wanted


@each_role
def test_databases_that_it_enters(facts: Facts, cluster: Cluster, option: str, role: str) -> None:
    wanted = {
        "app_role": [cluster.app_database],
        "backup_role": [cluster.app_database, *_of_temporal(cluster)],
        "temporal_role": _of_temporal(cluster),
    }
    assert facts.of("database", role) == sorted(wanted[option])


def test_nothing_differs_from_roles_sql(current: CurrentHost) -> None:
    """Howdah's own difference: what the next deploy would grant, revoke or make."""
    if lines := current.differences["grant"]:
        pytest.fail("\n".join(lines), pytrace=False)
