"""Libraries that are loaded do their work: a failed login waits, a statement is audited."""

import time
from secrets import token_hex

import gevent
import pytest

from howdah.cluster import Cluster
from verify.attempts import ENTER, TEMPORAL, TEMPORAL_ROLE, WRONG_PASSWORD, Attempt
from verify.client import Client
from verify.current_host import CurrentHost

TRIES = (3, *[1] * 20)  # at once
# By class of pgaudit's, in a transaction that is never committed.
AUDITED = {
    "ddl": "CREATE TABLE {marker} (i int)",
    "write": "CREATE TABLE {marker} (i int); INSERT INTO {marker} VALUES (1)",
    "read": "SELECT relname AS {marker} FROM pg_class LIMIT 1",
}
LOG = "SELECT pg_current_logfile(), current_setting('data_directory')"
LOOKS = 50


def test_failed_login_is_delayed(current: CurrentHost, client: Client, cluster: Cluster) -> None:
    """No try can be faster than auth_delay, however busy the host is: one that is proves it off.

    Slow tries prove it at work where a login that succeeds is fast at the same time; where that is
    slow too, they are made again.
    """
    delay = int(current.stated["auth_delay.milliseconds"]) / 1000
    wrong = WRONG_PASSWORD.of(cluster)
    right = ENTER[0].of(cluster)
    for count in TRIES:
        tries = [gevent.spawn(_seconds, client, wrong) for _ in range(count)]
        gevent.joinall(tries, raise_error=True)
        fastest = min(one.get() for one in tries)
        assert fastest >= delay, "auth_delay.milliseconds is not at work"
        slowest = max(_seconds(client, right) for _ in range(count))
        if slowest < delay / 2:
            return


def _seconds(client: Client, attempt: Attempt) -> float:
    begin = time.monotonic()
    rejection = client.rejection(attempt)
    if attempt.says:
        assert attempt.says in rejection
    else:
        assert rejection == ""
    return time.monotonic() - begin


def test_audit_line_is_written(current: CurrentHost, client: Client, cluster: Cluster) -> None:
    """Of a statement that nobody has made before."""
    if "pgaudit.log" not in current.stated:
        pytest.skip("pgaudit is not there")
    sql = _audited(cluster.audit)
    if not sql:
        pytest.skip(f"audit = {cluster.audit!r} has none of {', '.join(AUDITED)}")
    marker = f"howdah_{token_hex(8)}"
    attempt = Attempt(TEMPORAL_ROLE, TEMPORAL, sql.format(marker=marker))
    assert client.rejection_inside(attempt.of(cluster)) == ""
    assert "AUDIT: SESSION" in _logged(current, marker)


def _audited(audit: str) -> str:
    """A statement of a class that is audited; empty: there is none."""
    classes = [word.strip() for word in audit.split(",")]
    for name, sql in AUDITED.items():
        if name in classes or "all" in classes:
            return sql
    return ""


def _logged(current: CurrentHost, marker: str) -> str:
    """The log's lines with the marker. The collector writes a moment later."""
    path, data = current.ask(LOG)[0].split("|")
    for _ in range(LOOKS):
        if path:
            read = current.host.run("cd %s && grep -h -e %s %s", data, marker, path)
        else:
            read = current.host.run("journalctl -q --no-pager | grep -e %s", marker)
        if read.stdout:
            return str(read.stdout)
        time.sleep(0.1)
    return f"{path or 'the journal'} has no line of {marker}"
