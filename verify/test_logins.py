"""Who may log in: the same by roles-sql/, by the server's rights and by its pg_hba.conf."""

import json
from collections.abc import Iterable

import pytest

from deploys.target import Target
from howdah import render
from howdah.found import Found
from howdah.names import literal
from howdah.options import SHARED
from howdah.pg_hba import matrix
from howdah.rights import reports
from verify.current_host import CurrentHost

# In each database, for pg_database_owner is another role there.
MAY_CONNECT = """
\\connect {database}
SELECT json_build_array(current_database(), rolname) FROM pg_roles
WHERE rolcanlogin AND rolname = ANY (ARRAY[{roles}]::text[])
AND has_database_privilege(rolname, current_database(), 'CONNECT');
"""
RULES = "SELECT to_jsonb(r) FROM pg_hba_file_rules AS r"


def test_every_role_that_may_log_in_can(target: Target, found: Found) -> None:
    """A password that nobody has set yet is not looked for by an attempt."""
    assert reports.cannot_log_in(found.catalog(), target.want) == []


def test_right_to_connect_is_as_roles_sql_says(current: CurrentHost, target: Target) -> None:
    databases = {*target.want.connlimits, *SHARED}
    wanted = {login for login in target.logins if login[0] in databases}
    may = _may_connect(current, target.want.roles, databases)
    # The others have it of PUBLIC in the shared ones, where roles-sql/ does not name it.
    surplus = {login for login in may - wanted if login[0] not in SHARED}
    assert sorted(surplus) == []
    assert sorted(wanted - may) == []


def _may_connect(
    current: CurrentHost,
    roles: Iterable[str],
    databases: Iterable[str],
) -> set[tuple[str, str]]:
    """(database, role) by the server's own function."""
    names = ", ".join(map(literal, roles))
    sql = ""
    for database in databases:
        sql += MAY_CONNECT.format(database=database, roles=names)
    may = set()
    for line in current.ask(sql):
        database, role = json.loads(line)
        may.add((database, role))
    return may


def test_rules_let_in_whom_roles_sql_says(current: CurrentHost, target: Target) -> None:
    """The first that matches, for each role, database and network."""
    rules = [json.loads(line) for line in current.ask(RULES)]
    cluster = target.cluster
    faults = matrix.faults(
        rules,
        target.logins,
        cluster.networks,
        tls=cluster.tls,
        peers=render.peers(cluster, target.runtime.inside),
    )
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)
