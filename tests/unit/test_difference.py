"""What differs between two files or two texts of settings, and what needs a restart."""

import pytest

from howdah.difference import changed, file_lines, late
from howdah.render import File

CONTEXTS = {"max_connections": "postmaster", "jit": "user", "log_connections": "superuser-backend"}


def test_diff_shows_changed_lines_only() -> None:
    lines = file_lines("pg_hba.conf", "a\nb\nc\n", File(b"a\nB\nc\n"))
    assert lines == [
        "--- pg_hba.conf on the host",
        "+++ pg_hba.conf wanted",
        "@@ -2 +2 @@",
        "-b",
        "+B",
    ]


def test_new_file_is_shown_whole() -> None:
    lines = file_lines("pg_hba.conf", None, File(b"a\nb\n"))
    assert lines[0] == "--- pg_hba.conf (absent)"
    assert lines[-2:] == ["+a", "+b"]


def test_same_file_has_no_diff() -> None:
    assert file_lines("pg_hba.conf", "a\n", File(b"a\n")) == []


@pytest.mark.parametrize(("found", "word"), [(None, "new"), ("", "changed"), ("old", "changed")])
@pytest.mark.parametrize("content", [b"hunter2", None])
def test_secret_file_is_shown_by_its_name_only(
    found: str | None, word: str, content: bytes | None
) -> None:
    lines = file_lines("server.key", found, File(content, secret=True))
    assert lines == [f"{word}: server.key (content not shown)"]


def test_file_still_to_be_made_is_shown_by_its_name_only() -> None:
    assert file_lines("server.crt", None, File(None)) == ["new: server.crt (content not shown)"]


def test_settings_differ_by_name() -> None:
    old = {"jit": "on", "port": "5432", "work_mem": "'4MB'"}
    new = {"jit": "off", "work_mem": "'4MB'", "ssl": "on"}
    assert changed(old, new) == ["jit", "port", "ssl"]


def test_same_settings_in_another_order_do_not_differ() -> None:
    assert changed({"a": "1", "b": "2"}, {"b": "2", "a": "1"}) == []


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        ([], []),
        (["jit", "log_connections"], []),
        (["auto_explain.log_nested"], []),
        (["jit", "max_connections"], ["max_connections"]),
    ],
)
def test_settings_of_the_postmaster_need_a_restart(names: list[str], wanted: list[str]) -> None:
    assert late(names, CONTEXTS) == wanted


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("primary_conninfo = 'host=a password=hunter2 user=b'", "host=a password=… user=b"),
        ("primary_conninfo = 'host=a password=''hunter2 3'' user=b'", "host=a password=… user=b"),
        ('host all all 10.0.0.0/8 ldap ldapbindpasswd="hunter2" ldapport=1', "passwd=… ldapport=1"),
        ("host all all 10.0.0.0/8 ldap ldapbindpasswd=hunter2", "ldapbindpasswd=…"),
        ("password_encryption = 'scram-sha-256'", "password_encryption = 'scram-sha-256'"),
    ],
)
def test_password_in_a_file_of_a_cluster_that_is_taken_over_is_not_shown(
    line: str, shown: str
) -> None:
    (*_, removed) = file_lines("postgresql.conf", line + "\n", File(b""))
    assert shown in removed
    assert "hunter2" not in removed
