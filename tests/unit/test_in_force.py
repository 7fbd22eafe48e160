"""pg_settings beside postgresql.conf; the rows are of PostgreSQL 17."""

import pytest

from howdah.in_force import FILE, Row, faults, is_so


def row(name: str, value: str, kind: str, unit: str = "", *, by: str = "/etc/a.conf") -> Row:
    """``by``: a file, or a source that is none."""
    is_file = by.startswith("/")
    return Row(name, value, unit, kind, FILE if is_file else by, by if is_file else "")


@pytest.mark.parametrize(("wanted", "its"), [
    ("on", row("ssl", "on", "bool")),
    ("'tru'", row("ssl", "on", "bool")),
    ("0", row("ssl", "off", "bool")),
    ("'512MB'", row("shared_buffers", "65536", "integer", "8kB")),
    ("1.5GB", row("work_mem", "1572864", "integer", "kB")),
    ("15min", row("checkpoint_timeout", "900", "integer", "s")),
    ("'30s'", row("statement_timeout", "30000", "integer", "ms")),
    ("1d", row("log_rotation_age", "1440", "integer", "min")),
    ("'1000kB'", row("min_wal_size", "1", "integer", "MB")),
    ("0700", row("unix_socket_permissions", "0700", "integer")),
    ("-1", row("log_temp_files", "-1", "integer", "kB")),
    ("1.1", row("random_page_cost", "1.1", "real")),
    ("SCRAM-SHA-256", row("password_encryption", "scram-sha-256", "enum")),
    ("'europe/berlin'", row("timezone", "Europe/Berlin", "string")),
    ("'German'", row("datestyle", "German, DMY", "string")),
    ("'it''s'  # why", row("cluster_name", "it's", "string")),
])  # fmt: skip
def test_value_is_the_servers(wanted: str, its: Row) -> None:
    assert is_so(wanted, its)


@pytest.mark.parametrize(("wanted", "its"), [
    ("on", row("ssl", "off", "bool")),
    ("off", row("jit", "on", "bool")),
    ("'512MB'", row("shared_buffers", "65535", "integer", "8kB")),
    ("30s", row("statement_timeout", "0", "integer", "ms")),
    ("30", row("statement_timeout", "30000", "integer", "ms")),
    ("0700", row("unix_socket_permissions", "0777", "integer")),
    ("0700", row("unix_socket_permissions", "700", "integer")),
    ("1.1", row("random_page_cost", "4", "real")),
    ("100", row("max_connections", "101", "integer")),
    ("ddl", row("log_statement", "none", "enum")),
    ("'a'", row("log_line_prefix", "b", "string")),
    ("1 fortnight", row("statement_timeout", "1", "integer", "ms")),
])  # fmt: skip
def test_other_value_is_not(wanted: str, its: Row) -> None:
    assert not is_so(wanted, its)


def test_who_says_so_is_named() -> None:
    rows = [
        row("jit", "off", "bool"),
        row("log_statement", "none", "enum", by="command line"),
        row("work_mem", "1048576", "integer", "kB", by="/data/postgresql.auto.conf"),
        row("statement_timeout", "0", "integer", "ms", by="user"),
        row("geqo", "off", "bool", by="command line"),
        row("port", "5432", "integer", by="default"),
        row("hba_file", "/etc/pg_hba.conf", "string", by="override"),
        row("max_stack_depth", "2048", "integer", "kB", by="environment variable"),
        row("external_pid_file", "/run/postgresql/17-main.pid", "string", by="command line"),
        row("log_min_messages", "notice", "enum", by="/data/postgresql.auto.conf"),
    ]
    stated = {
        "jit": "off", "log_statement": "'ddl'", "work_mem": "64MB", "statement_timeout": "'30s'",
        "auth_delay.milliseconds": "500", "hba_file": "'/etc/pg_hba.conf'",
    }  # fmt: skip
    assert list(faults(rows, stated)) == [
        "log_statement = 'none' by command line, wanted 'ddl'",
        "work_mem = '1048576' (kB) by /data/postgresql.auto.conf, wanted 64MB",
        "auth_delay.milliseconds = 500 is not known to the server; its library is not loaded",
        "geqo = 'off' by command line, and the inventory has no such",
    ]


def test_value_of_the_file_by_another_hand_is_named() -> None:
    its = row("jit", "off", "bool", by="command line")
    assert list(faults([its], {"jit": "off"})) == ["jit = 'off' by command line, wanted off"]
