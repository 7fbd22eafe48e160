"""Pairs that may log in, times networks."""

from ipaddress import ip_network

from howdah.hba import Record, records

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
