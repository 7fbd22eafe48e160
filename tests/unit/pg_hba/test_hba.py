"""Pairs that may log in, times networks."""

from ipaddress import ip_network

import pytest

from howdah.pg_hba.hba import Record, logins, records, word

NETWORKS = (ip_network("127.0.0.1/32"), ip_network("::1/128"), ip_network("10.0.0.0/16"))


def test_each_pair_meets_each_network_once() -> None:
    logins = [("temporal", "temporaluser"), ("appdb", "appuser")]
    assert records(logins, NETWORKS) == [
        Record("appdb", "appuser", "127.0.0.1/32"),
        Record("appdb", "appuser", "::1/128"),
        Record("appdb", "appuser", "10.0.0.0/16"),
        Record("temporal", "temporaluser", "127.0.0.1/32"),
        Record("temporal", "temporaluser", "::1/128"),
        Record("temporal", "temporaluser", "10.0.0.0/16"),
    ]


def test_order_of_logins_does_not_matter() -> None:
    logins = [("b", "x"), ("a", "y"), ("a", "x")]
    assert records(logins, NETWORKS) == records(reversed(logins), NETWORKS)


def test_nobody_logs_in_when_nobody_may() -> None:
    assert records([], NETWORKS) == []
    assert records([("appdb", "appuser")], []) == []


@pytest.mark.parametrize(
    ("name", "written"),
    [("app_1", "app_1"), ("a$b", "a$b"), ("Ada", '"Ada"'), ("1st", '"1st"'), ("a b", '"a b"'),
     ("a@b", '"a@b"'), ("größe", '"größe"')],
)  # fmt: skip
def test_name_is_one_word(name: str, written: str) -> None:
    assert word(name) == written
    line = f"hostssl {written} {written} 10.0.0.0/8 scram-sha-256\n"
    assert logins(f"# x\nlocal all postgres peer\n{line}") == {(name, name)}
