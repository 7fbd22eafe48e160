"""The first rule that matches, against the model."""

from ipaddress import ip_network
from typing import Any

import pytest

from howdah.pg_hba.matrix import HbaError, check, check_map, faults

LOGINS = [("appdb", "appuser"), ("temporal", "temporaluser")]
NETWORKS = (ip_network("127.0.0.1/32"), ip_network("::1/128"), ip_network("10.1.0.0/16"))
PEER = {"type": "local", "database": ["all"], "user_name": ["postgres"], "address": None,
        "netmask": None, "auth_method": "peer", "options": ["map=howdah"]}  # fmt: skip


def row(database: str, role: str, network: str, **other: Any) -> dict[str, Any]:
    """As pg_hba_file_rules has it."""
    address = ip_network(network)
    return {"type": "hostssl", "database": [database], "user_name": [role],
            "address": str(address.network_address), "netmask": str(address.netmask),
            "auth_method": "scram-sha-256", "options": None, "error": None, **other}  # fmt: skip


def right() -> list[dict[str, Any]]:
    return [PEER, *(row(d, r, str(n)) for d, r in LOGINS for n in NETWORKS)]


def numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"error": None, "line_number": n, **row} for n, row in enumerate(rows, start=1)]


def fault(rows: list[dict[str, Any]]) -> str:
    with pytest.raises(HbaError) as e:
        check(numbered(rows), LOGINS, NETWORKS)
    return str(e.value)


def test_the_model_itself_passes() -> None:
    check(numbered(right()), LOGINS, NETWORKS)
    check(numbered([PEER]), [], NETWORKS)


def test_replication_is_a_database_of_its_own() -> None:
    standby = [("replication", "standby")]
    rows = [PEER, *(row("replication", "standby", str(n)) for n in NETWORKS)]
    check(numbered(rows), standby, NETWORKS)
    wide = [PEER, *(row("all", "standby", str(n)) for n in NETWORKS)]
    said = faults(numbered(wide), standby, NETWORKS)
    assert "has no line that lets standby into replication from ::1/128 over TLS" in said
    clear = {**row("replication", "standby", "127.0.0.1/32"), "type": "host"}
    said = faults(numbered([clear, *rows]), standby, NETWORKS)
    assert said[0] == (
        "line 1 lets standby into replication by scram-sha-256 from 127.0.0.1/32 without TLS"
    )


def test_role_that_is_forgotten() -> None:
    rows = [r for r in right() if r["user_name"] != ["appuser"]]
    assert fault(rows) == (
        "pg_hba.conf has no line that lets appuser into appdb from 10.1.0.0/16 over TLS; "
        "has no line that lets appuser into appdb from 127.0.0.1/32 over TLS; "
        "has no line that lets appuser into appdb from ::1/128 over TLS"
    )


def test_network_that_is_narrower() -> None:
    rows = [row("appdb", "appuser", "10.1.0.0/17") if r.get("address") == "10.1.0.0"
            and r["user_name"] == ["appuser"] else r for r in right()]  # fmt: skip
    assert fault(rows) == (
        "pg_hba.conf has no line that lets appuser into appdb from 10.1.0.0/16 over TLS"
    )


def test_hole_in_the_middle() -> None:
    hole = row("all", "all", "10.1.7.7/32", auth_method="reject")
    assert "line 1 keeps appuser out of appdb from 10.1.0.0/16 over TLS" in fault([hole, *right()])


def test_first_match_wins() -> None:
    """A rule after the right ones changes nothing for them."""
    late = row("appdb", "appuser", "127.0.0.1/32", auth_method="trust")
    check(numbered([*right(), late]), LOGINS, NETWORKS)
    assert fault([late, *right()]) == (
        "pg_hba.conf line 1 lets appuser into appdb by trust (needs scram-sha-256) "
        "from 127.0.0.1/32 over TLS"
    )


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (row("appdb", "appuser", "10.0.0.0/8"),
         "lets appuser into appdb by scram-sha-256 from 10.0.0.0/8 over TLS"),
        (row("appdb", "appuser", "10.1.0.0/16", type="host"),
         "lets appuser into appdb by scram-sha-256 from 10.1.0.0/16 without TLS"),
        (row("appdb", "appuser", "10.1.0.0/16", type="hostnossl"),
         "lets appuser into appdb by scram-sha-256 from 10.1.0.0/16 without TLS"),
        (row("appdb", "appuser", "10.1.0.0/16", type="hostgssenc"), "over GSS"),
        (row("appdb", "appuser", "10.1.0.0/16", type="hostnogssenc"), "without TLS"),
        (row("temporal", "appuser", "127.0.0.1/32"), "lets appuser into temporal"),
        (row("all", "appuser", "127.0.0.1/32"), "lets appuser into postgres"),
        (row("sameuser", "appuser", "127.0.0.1/32"), "lets appuser into appuser"),
        (row("replication", "appuser", "127.0.0.1/32"), "lets appuser into replication"),
        (row("appdb", "all", "127.0.0.1/32"), "lets somebody else into appdb"),
        (row("appdb", "postgres", "127.0.0.1/32"), "lets postgres into appdb"),
        (row("all", "all", "::/0", address="all", netmask=None), "from 0.0.0.0/0"),
        (row("appdb", "appuser", "10.1.0.0/16", auth_method="cert"), "by cert"),
        ({**PEER, "user_name": ["all"], "auth_method": "trust", "options": None},
         "lets appuser into appdb by trust over the socket"),
    ],
)  # fmt: skip
def test_rule_that_lets_somebody_in(rule: dict[str, Any], says: str) -> None:
    found = faults(numbered([rule, *right()]), LOGINS, NETWORKS)
    assert any(f.startswith("line 1 lets") and says in f for f in found), found


@pytest.mark.parametrize(
    "change",
    [{"options": None}, {"options": ["map=other"]}, {"auth_method": "trust", "options": None},
     {"database": ["appdb"]}, {"auth_method": "reject", "options": None}],
)  # fmt: skip
def test_superuser_who_does_not_enter_as_wanted(change: dict[str, Any]) -> None:
    assert "postgres " in fault([{**PEER, **change}, *right()[1:]])
    assert "over the socket" in fault([{**PEER, **change}, *right()[1:]])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"error": "invalid IP mask"}, "line 8: invalid IP mask"),
        ({"user_name": ["+staff"]}, "line 8: '+staff' needs a plain name or network"),
        ({"user_name": ["/^app"]}, "'/^app' needs a plain name"),
        ({"database": ["samerole"]}, "'samerole' needs a plain name"),
        ({"address": "samenet", "netmask": None}, "'samenet' needs a plain name or network"),
        ({"address": ".example.org", "netmask": None}, "'.example.org' needs a plain name"),
    ],
)
def test_rule_that_says_more_than_the_file(change: dict[str, Any], says: str) -> None:
    odd = {**row("appdb", "appuser", "10.1.0.0/16"), **change}
    assert says in fault([*right(), odd])


def test_faults_of_one_line_are_one() -> None:
    """A line that lets everybody in was dozens of faults, and the other line was not to be seen."""
    wide = row("all", "all", "0.0.0.0/0", type="host", auth_method="trust")
    other = row("appdb", "appuser", "::1/128", type="host")
    said = fault([wide, other, *right()])
    assert said.count("line 1 ") == 1
    assert said.startswith("pg_hba.conf line 1 lets appuser into appdb by trust ")
    assert "(and 63 more by this line: host all all 0.0.0.0/0 trust); line 2 lets appuser" in said


def test_lines_that_cannot_be_read_are_one_each() -> None:
    odd = row("a", "appuser", "10.1.0.0/16", user_name=["+staff", "+others"])
    said = fault([*right(), odd])
    assert said.count("line 8: ") == 1
    assert said.endswith("(and 1 more by this line: hostssl a +staff,+others 10.1.0.0/16 "
                         "scram-sha-256)")  # fmt: skip


def test_many_faults_are_counted() -> None:
    assert fault([]).endswith("; and 6 more")


def test_who_dumps_enters_over_the_socket() -> None:
    """Where it is asked for, and nowhere else; the map has the same roles."""
    own = {**PEER, "user_name": ["backupuser"]}
    roles = ("postgres", "backupuser")
    check(numbered([PEER, own]), [], NETWORKS, peers=roles)
    said = faults(numbered([PEER]), [], NETWORKS, peers=roles)
    assert "has no line that lets backupuser into postgres over the socket" in said
    said = faults(numbered([PEER, own]), [], NETWORKS)
    assert "line 2 lets backupuser into postgres by peer map=howdah over the socket" in said
    check_map(["pg as postgres", "pg as backupuser"], "pg", roles)
    with pytest.raises(HbaError, match="lets pg as backupuser in; needs pg as postgres only"):
        check_map(["pg as postgres", "pg as backupuser"], "pg")
    with pytest.raises(HbaError, match="no line that lets pg as backupuser in"):
        check_map(["pg as postgres"], "pg", roles)
