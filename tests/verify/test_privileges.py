"""What the roles may do, as the server itself says it, and as roles-sql/ asks for it."""

import json
from typing import Any

import pytest

from howdah.catalog import privileges
from howdah.cluster import Cluster
from howdah.knobs import SHARED
from howdah.names import literal
from howdah.verifiers import ROLES
from tests.verify.at_hand import AtHand

each_role = pytest.mark.parametrize("knob", sorted(ROLES.values()))
ATTRIBUTES = """
SELECT to_jsonb(r) FROM (
    SELECT rolsuper, rolcreatedb, rolcreaterole, rolinherit, rolcanlogin, rolreplication,
        rolbypassrls FROM pg_roles WHERE rolname = {role}) AS r
"""
MEMBERSHIPS = """
SELECT format('%s is a member of %s', u.rolname, r.rolname) FROM pg_auth_members
JOIN pg_roles AS r ON r.oid = roleid JOIN pg_roles AS u ON u.oid = member
WHERE {role} IN (r.rolname, u.rolname) ORDER BY 1
"""
# A server's dependencies name the owner of whatever is in any of its databases.
OWNED = """
SELECT DISTINCT format('%s in %s', classid::regclass, coalesce(datname, 'the cluster'))
FROM pg_shdepend AS s LEFT JOIN pg_database AS d ON d.oid = dbid
JOIN pg_roles AS r ON r.oid = refobjid AND refclassid = 'pg_authid'::regclass
WHERE rolname = {role} AND deptype = 'o'
AND NOT coalesce(datname = ANY ({but}), FALSE) ORDER BY 1
"""
# Whether by name, by PUBLIC, by a column or by membership.
ON_TABLES = """
SELECT format('%s ON %s', p.name, c.relname) FROM pg_class AS c
CROSS JOIN unnest({privileges}) AS p (name)
WHERE c.relnamespace = 'app'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
AND (has_table_privilege({role}, c.oid, p.name)
    OR p.name IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
    AND has_any_column_privilege({role}, c.oid, p.name)) ORDER BY 1
"""
TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'app'::regnamespace
AND relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1
"""
CONNECT = """
SELECT datname FROM pg_database WHERE datname = ANY ({bases})
AND has_database_privilege({role}, oid, 'CONNECT') ORDER BY 1
"""


def _array(words: Any) -> str:
    return f"ARRAY[{', '.join(map(literal, words))}]::text[]"


@pytest.fixture
def role(cluster: Cluster, knob: str) -> str:
    return literal(getattr(cluster, knob))


@each_role
def test_role_logs_in_and_nothing_else(at_hand: AtHand, role: str) -> None:
    attributes = json.loads("".join(at_hand.ask(ATTRIBUTES.format(role=role))) or "{}")
    assert [name for name, is_set in attributes.items() if is_set] == ["rolcanlogin"]


@each_role
def test_role_acts_as_no_other(at_hand: AtHand, role: str) -> None:
    assert at_hand.ask(MEMBERSHIPS.format(role=role)) == []


@each_role
def test_role_owns_nothing(at_hand: AtHand, cluster: Cluster, knob: str, role: str) -> None:
    """But for the tables that Temporal makes for itself."""
    own = [cluster.temporal_database, cluster.temporal_visibility_database]
    but = _array(own if knob == "temporal_role" else [])
    assert at_hand.ask(OWNED.format(role=role, but=but)) == []


@each_role
def test_rights_on_tables(at_hand: AtHand, cluster: Cluster, knob: str, role: str) -> None:
    wanted = {"app_role": ("DELETE", "INSERT", "SELECT", "UPDATE"), "backup_role": ("SELECT",)}
    rows = at_hand.ask(
        ON_TABLES.format(role=role, privileges=_array(privileges("table", cluster.version))),
        cluster.app_database,
    )
    tables = at_hand.ask(TABLES, cluster.app_database)
    assert "alembic_version" in tables
    granted = {
        f"{privilege} ON {table}"
        for table in tables
        for privilege in wanted.get(knob, ())
        if privilege == "SELECT" or table != "alembic_version"
    }
    assert sorted({*rows} - granted) == []
    assert sorted(granted - {*rows}) == []


@each_role
def test_databases_that_it_enters(at_hand: AtHand, cluster: Cluster, knob: str, role: str) -> None:
    app, temporal = cluster.app_database, cluster.temporal_database
    visibility = cluster.temporal_visibility_database
    wanted = {"app_role": [app], "backup_role": [app, temporal, visibility],
              "temporal_role": [temporal, visibility]}  # fmt: skip
    bases = _array([app, temporal, visibility, *SHARED])
    assert at_hand.ask(CONNECT.format(role=role, bases=bases)) == sorted(wanted[knob])


def test_nothing_differs_from_roles_sql(at_hand: AtHand) -> None:
    """Howdah's own difference: what the next deploy would grant, revoke or make."""
    if lines := at_hand.differences["grant"]:
        pytest.fail("\n".join(lines), pytrace=False)
