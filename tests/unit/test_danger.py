"""What is a danger, and what a stranger: the reports of a server's rows."""

from typing import Any

import pytest

from howdah.danger import KINDS, Danger
from howdah.found import read
from howdah.host_data import read as cluster_of
from howdah.queries import query
from howdah.rights.reports import reports
from howdah.roles_sql.declared import declared
from tests.unit.found.test_found import rows

WANT = declared(cluster_of({"environment": "any"}))
NO_POWER = dict.fromkeys(("superuser", "createrole", "replication", "bypassrls"), False)


def role(name: str, **attributes: object) -> list[Any]:
    return ["role", name, {**NO_POWER, "scram": True, "password": None, **attributes}]


def found(*of_it: list[Any]) -> list[str]:
    """Less what a bare server lacks of roles-sql."""
    catalog = rows(*of_it).catalog()
    return [line for line in reports(catalog, WANT, WANT) if "not there yet" not in line]


@pytest.mark.parametrize(("its", "line"), [
    ([role("alice")], "role alice is not in roles-sql"),
    ([role("alice", createdb=True, login=True)], "role alice is not in roles-sql"),
    ([["connlimit", "wiki", -1]], "database wiki is not in roles-sql"),
    ([role("ann"), ["member", "bob", "ann", "postgres", False, True, True]],
     "role ann is a member of bob"),
    ([["owner", "appdb", "schema", "", "lab", "", "postgres"]],
     "schema lab in appdb is not in roles-sql"),
])  # fmt: skip
def test_stranger_is_no_danger(its: list[list[Any]], line: str) -> None:
    (said,) = (report for report in found(*its) if report == line)
    assert not isinstance(said, Danger)


@pytest.mark.parametrize(("its", "line", "kind"), [
    ([role("dba", superuser=True)], "role dba is not in roles-sql, and has SUPERUSER", "role"),
    ([role("dba", createrole=True, bypassrls=True)],
     "role dba is not in roles-sql, and has CREATEROLE, BYPASSRLS", "role"),
    ([role("postgres", password="x")],
     "role postgres has a password, and enters by peer over the socket only", "role"),
    ([role("dba", superuser=True), ["member", "dba", "eve", "postgres", False, True, True]],
     "role eve is a member of dba", "role"),
    ([["member", "pg_read_server_files", "eve", "postgres", False, True, True]],
     "role eve is a member of pg_read_server_files", "role"),
    ([["setting", "", "", "log_statement", "none"]],
     "ALTER ROLE ALL has set log_statement = 'none'", "setting"),
    ([["extension", "appdb", "dblink", "public"]],
     "extension dblink in appdb is not in roles-sql", "extension"),
    ([["extension", "temporal", "btree_gin", "lab"]],
     "extension btree_gin in temporal is in schema lab, not public", "extension"),
    ([["owner", "appdb", "table", "app", "hers", "", "postgres"]],
     "table app.hers in appdb belongs to postgres", "owner"),
    ([["owner", "postgres", "database", "", "postgres", "", "backupuser"]],
     "database postgres belongs to backupuser", "owner"),
])  # fmt: skip
def test_danger_has_its_kind(its: list[list[Any]], line: str, kind: str) -> None:
    (said,) = (report for report in found(*its) if report == line)
    assert isinstance(said, Danger)
    assert said.kind == kind
    assert kind in KINDS


def test_doors_of_the_snapshot_are_dangers_each_once() -> None:
    row = '["door", "trigger", "a foreign key on table app.a in appdb does not fire"]'
    (door,) = read([row, row]).doors()
    assert (door, door.kind) == ("a foreign key on table app.a in appdb does not fire", "trigger")


@pytest.mark.parametrize("name", ["doors", "table_doors", "shared_doors"])
def test_every_kind_that_is_asked_for_is_a_test_of_verify(name: str) -> None:
    parts = query(name).split("json_build_array('door', '")[1:]
    assert parts
    assert {part.partition("'")[0] for part in parts} <= {*KINDS}
