"""Who may log in: the same by roles-sql/, by the server's rights and by its pg_hba.conf."""

import json

import pytest

from deploys.target import Target
from howdah import matrix, reports
from howdah.found import Found
from howdah.names import literal
from howdah.options import SHARED
from tests.verify.at_hand import AtHand

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


def test_right_to_connect_is_as_roles_sql_says(at_hand: AtHand, target: Target) -> None:
    roles = ", ".join(map(literal, target.want.roles))
    databases = (*target.want.connlimits, *SHARED)
    sql = "".join(MAY_CONNECT.format(database=name, roles=roles) for name in databases)
    may = {tuple(json.loads(line)) for line in at_hand.ask(sql)}
    wanted = {pair for pair in target.logins if pair[0] in databases}
    # The others have it of PUBLIC there, where roles-sql/ does not speak of it.
    surplus = {pair for pair in may - wanted if pair[0] not in SHARED}
    assert sorted(surplus) == []
    assert sorted(wanted - may) == []


def test_rules_let_in_whom_roles_sql_says(at_hand: AtHand, target: Target) -> None:
    """The first that matches, for each role, database and network."""
    rules = [json.loads(line) for line in at_hand.ask(RULES)]
    faults = matrix.faults(rules, target.logins, target.cluster.networks)
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)
