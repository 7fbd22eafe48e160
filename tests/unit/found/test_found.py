"""The snapshot's lines -> Found."""

import json
from ipaddress import ip_address
from typing import Any

import pytest

from howdah.found import Found, read
from howdah.found.lines import AnswerError
from howdah.found.process import Process
from howdah.found.releases import Releases
from howdah.rights.catalog import Grant, Object, Role


def rows(*rows: list[Any]) -> Found:
    return read(json.dumps(row) for row in rows)


def test_bare_host_has_nothing() -> None:
    found = read([])
    assert not any((found.home.there, found.data.there, found.releases.files, found.process.pid))
    assert not found.running
    assert found.next_release == "r-1"


def test_facts_of_the_shell_are_read() -> None:
    found = read([
        "home", "binaries", "data", "", "whose\troot", "current\tr-3", "pid\t42", "port\t5433",
        "socket\t/run/postgresql", "folder\t/a", "folder\t/b",
        "file\tpg_hba.conf\t640\troot:howdah", "file\tserver.key\t600\tpostgres",
        "sha256\tabc\tpg_hba.conf", "text\t./pg_hba.conf\ta\tb", "text\t./pg_hba.conf\t",
    ])  # fmt: skip
    assert (found.home.there, found.home.binaries, found.data.there) == (True, True, True)
    assert (found.home.whose, found.home.folders, found.releases.current) == ("root", 2, "r-3")
    assert found.process == Process(42, 5433, "/run/postgresql", outdated=False)
    hba, key = found.releases.files["pg_hba.conf"], found.releases.files["server.key"]
    assert (hba.mode, hba.owner, hba.sha256, hba.text) == ("640", "root:howdah", "abc", "a\tb\n\n")
    assert (key.mode, key.owner, key.sha256, key.text) == ("600", "postgres", "", "")


@pytest.mark.parametrize("name", ["current", "good", "last"])
@pytest.mark.parametrize("where", ["$(id)", "r-1;id", "r-1 x", "r-1'", ""])
def test_link_is_no_place_for_a_command(name: str, where: str) -> None:
    """Root runs commands that name it."""
    with pytest.raises(AnswerError, match="the host answered"):
        read([f"{name}\t{where}"])


def test_what_alter_system_has_left_is_read_of_a_server_that_is_down() -> None:
    found = read(["auto\tPort = 17", "auto\thba_file = '/a\tb'", "auto\t??"])
    assert found.settings.system == {"port": "17", "hba_file": "/a\tb", "??": ""}


def test_unit_is_read() -> None:
    found = read(["drop_in\t[Service]", "drop_in\tUser=a\tb", "places\t/srv/a b", "places\t/wal",
                  json.dumps(["unit", "0123456789ab"])])  # fmt: skip
    assert found.debian.registered.drop_in == "[Service]\nUser=a\tb\n"
    assert found.debian.registered.places == {"/srv/a b", "/wal"}
    assert found.server.unit == "0123456789ab"


def test_rows_of_the_server_are_read() -> None:
    found = rows(
        ["server", "17.10", "r-3", "127.0.0.1, ::1", 'auth_delay, "own"'],
        ["contexts", "user", ["jit"], []],
        ["contexts", "postmaster", ["max_connections"], ["max_connections"]],
        ["pending", "max_connections"],
        ["pending", "port"],
        ["system", "work_mem", "1GB"],
        ["fault", "postgresql.conf line 3: syntax error"],
        ["revision", "0001"],
        ["revision", None],
        ["role", "appuser", {"login": True}],
    )
    assert (found.server.version, found.server.release, found.running) == ("17.10", "r-3", True)
    assert found.libraries == ["auth_delay", "own"]
    assert found.settings.contexts == {"jit": "user", "max_connections": "postmaster"}
    assert found.settings.pending == {"max_connections", "port"}
    assert found.settings.system == {"work_mem": "1GB"}
    assert found.settings.faults == ("postgresql.conf line 3: syntax error",)
    assert found.revisions == ("0001", None)
    assert found.catalog().roles == {"appuser": Role(login=True)}


@pytest.mark.parametrize("fact", ["text\t./x\ty", "sha256\tabc\tx", "sha256\tabc\t\\x\\ny"])
def test_fact_of_a_file_that_is_not_known_is_passed_over(fact: str) -> None:
    known = ["file\ta\t640\troot", "text\t./a\tb"]
    assert read([*known, fact]) == read(known)


@pytest.mark.parametrize(
    ("links", "unread"),
    [(["linked\t1764087000.25"], False),
     (["linked\t1764087000.75"], True),
     (["linked\t1764087000.75", "linked\t1764087000.25"], True),
     (["linked\t1764087000.25", "linked\tinf"], True)],
)  # fmt: skip
def test_link_that_is_younger_than_what_is_loaded(links: list[str], unread: bool) -> None:
    loaded = ["loaded", 1764087000.5]
    assert not read([*links, json.dumps(loaded)]).unread()  # there is no server
    server = ["server", "17.10", "r-3", "", ""]
    assert read([*links, *map(json.dumps, (server, loaded))]).unread() == unread


def test_each_catalog_is_a_new_one() -> None:
    found = rows(
        ["connlimit", "appdb", -1],
        ["owner", "appdb", "schema", "", "app", "", "appowner"],
        ["grant", "appdb", "schema", "", "app", "", "", "appuser", "USAGE", "appowner", True],
    )
    schema = Object("appdb", "schema", "", "app")
    assert found.catalog().grants[schema][Grant("", "appuser", "USAGE")] == {"appowner": True}
    found.catalog().grants.clear()
    assert found.catalog().grants
    assert found.catalog().connlimits == {"appdb": -1}


def test_rights_and_file_texts_are_not_in_the_repr() -> None:
    found = read(["file\ta\t640\troot", "text\t./a\tsecretive", '["role", "appuser", {}]'])
    assert "appuser" not in repr(found)
    assert "secretive" not in repr(found)


# /proc/net/tcp and tcp6 of Linux on x86-64
@pytest.mark.parametrize(
    ("raw", "address"),
    [
        ("0100007F", "127.0.0.1"),
        ("00000000", "0.0.0.0"),
        ("0500000A", "10.0.0.5"),
        ("00000000000000000000000000000000", "::"),
        ("00000000000000000000000001000000", "::1"),
        ("0000000000000000FFFF00000100007F", "::ffff:127.0.0.1"),
        ("B80D0120000000000000000001000000", "2001:db8::1"),
    ],
)
def test_address_of_proc_is_decoded(raw: str, address: str) -> None:
    assert read([f"listener\t{raw}"]).machine.listeners == (ip_address(address),)


@pytest.mark.parametrize(
    "noise", ["Welcome to Debian", "stty: standard input: Inappropriate ioctl", "\tx", "homes"]
)
def test_noisy_shell_is_refused(noise: str) -> None:
    with pytest.raises(AnswerError, match=r"^the host answered '.*'; needs a quiet shell$"):
        read(["home", noise])


@pytest.mark.parametrize(
    "noise",
    ["[sudo] password for root:", "[WARN] quota", "pid\tabc", "file\tx", "text", "sha256\tabc",
     "port", "listener\tzz", "checkout", "socket"],
)  # fmt: skip
def test_noise_that_looks_like_an_answer_is_refused(noise: str) -> None:
    with pytest.raises(AnswerError, match="quiet shell"):
        read([noise])


@pytest.mark.parametrize(
    ("current", "release", "following"),
    [("", "", "r-1"), ("r-1", "", "r-2"), ("r-9", "r-10", "r-11"), ("r-10", "r-9", "r-11"),
     ("", "r-4", "r-5"), ("by-hand", "r-2", "r-3"),
     ("r-", "r-x", "r-1"), ("r-1.old", "R-7", "r-1"), ("r-3\n", " r-4", "r-1"),
     ("r-1234567890", "r-٣", "r-1"), ("r--5", "r-007", "r-8")],
)  # fmt: skip
def test_next_release_is_never_one_that_is_known(
    current: str, release: str, following: str
) -> None:
    assert Releases(current, "", "", {}).next(release) == following


def test_names_of_settings_are_small() -> None:
    """TimeZone, DateStyle and IntervalStyle are pg_settings' own spelling."""
    found = rows(
        ["contexts", "user", ["TimeZone", "DateStyle"], ["DateStyle"]],
        ["pending", "IntervalStyle"],
        ["system", "TimeZone", "UTC"],
    )
    assert found.settings.contexts == {"timezone": "user", "datestyle": "user"}
    assert found.settings.pending == {"datestyle", "intervalstyle"}
    assert found.settings.system == {"timezone": "UTC"}


def test_libraries_of_a_server_that_is_down_are_those_of_its_file() -> None:
    lines = ["#shared_preload_libraries = 'no'", "Shared_Preload_Libraries 'a, \"b\",,c' # it's"]
    found = read(["file\tpostgresql.conf\t640\troot:howdah",
                  *(f"text\tpostgresql.conf\t{line}" for line in lines)])  # fmt: skip
    assert found.libraries == ["a", "b", "c"]
    assert read([]).libraries == []
