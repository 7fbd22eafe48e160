"""Roles that the pg_hba.conf before let in, and the new one does not."""

from typing import Any

import pytest

from howdah.pg_hba.locked_out import lines
from howdah.rights.catalog import Catalog, Member, MemberOptions, Role


def rule(number: int, user: str, **other: Any) -> dict[str, Any]:
    return {"line_number": number, "type": "host", "database": ["all"], "user_name": [user],
            "address": "127.0.0.1", "netmask": "255.255.255.255", "auth_method": "scram-sha-256",
            "options": None, "error": None, **other}  # fmt: skip


FOUND = Catalog(
    roles={
        name: Role(login=name != "staff") for name in ("postgres", "ada", "bob", "staff", "app")
    },
    members={Member("staff", "bob", "postgres"): MemberOptions()},
)
LOGINS = [("appdb", "app")]


def test_roles_are_named_by_the_line_that_let_them_in() -> None:
    assert lines([rule(4, "bob"), rule(7, "all"), rule(8, "all")], FOUND, LOGINS) == [
        "bob can no longer log in: pg_hba.conf line 4 (host all bob 127.0.0.1/32 scram-sha-256) "
        "goes",
        "ada can no longer log in: pg_hba.conf line 7 (host all all 127.0.0.1/32 scram-sha-256) "
        "goes",
    ]


@pytest.mark.parametrize(
    ("user", "roles"),
    [("all", "ada, bob"), ("+staff", "bob"), ("/^a", "ada"), ("/(?<n", "ada, bob"), ("app", ""),
     ("postgres", ""), ("nobody", "")],
)  # fmt: skip
def test_words_of_the_user_column(user: str, roles: str) -> None:
    said = lines([rule(1, user)], FOUND, LOGINS)
    assert [line.partition(" can no")[0] for line in said] == ([roles] if roles else [])


@pytest.mark.parametrize("other", [{"auth_method": "reject"}, {"error": "invalid IP mask"}])
def test_rule_that_let_nobody_in(other: dict[str, Any]) -> None:
    assert lines([rule(1, "all", **other)], FOUND, LOGINS) == []


def test_socket() -> None:
    peer = rule(2, "all", type="local", address=None, netmask=None, auth_method="peer")
    (said,) = lines([peer], FOUND, LOGINS)
    assert "(local all all peer)" in said
