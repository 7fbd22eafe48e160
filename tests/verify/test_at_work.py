"""Libraries that are loaded do their work: a failed login waits, a statement is audited."""

import time
from secrets import token_hex

import gevent
import pytest

from howdah.cluster import Cluster
from tests.refusals import AT_THE_DOOR, ENTER, TEMPORAL, TEMPORAL_ROLE, Attempt
from tests.verify.at_hand import AtHand
from tests.verify.login import Door

WRONG = next(attempt for attempt in AT_THE_DOOR if attempt.conninfo.get("password") == "wrong")
TRIES = (3, *[1] * 20)  # at once
# By class of pgaudit's, in a transaction that is never committed.
AUDITED = {
    "ddl": "CREATE TABLE {marker} (i int)",
    "write": "CREATE TABLE {marker} (i int); INSERT INTO {marker} VALUES (1)",
    "read": "SELECT relname AS {marker} FROM pg_class LIMIT 1",
}
LOG = "SELECT pg_current_logfile(), current_setting('data_directory')"
LOOKS = 50


def test_failed_login_is_delayed(at_hand: AtHand, door: Door, cluster: Cluster) -> None:
    """No try can be faster than auth_delay, however busy the host is: one that is proves it off.

    Slow tries prove it at work where a login that is let in is fast at the same time; where that is
    slow too, they are made again.
    """
    delay = int(at_hand.stated["auth_delay.milliseconds"]) / 1000
    wrong, right = WRONG.of(cluster), ENTER[0].of(cluster)
    for count in TRIES:
        tries = [gevent.spawn(_seconds, door, wrong) for _ in range(count)]
        gevent.joinall(tries, raise_error=True)
        fastest = min(one.get() for one in tries)
        assert fastest >= delay, "auth_delay.milliseconds is not at work"
        if all(_seconds(door, right) < delay / 2 for _ in range(count)):
            return


def _seconds(door: Door, attempt: Attempt) -> float:
    begin = time.monotonic()
    refused = door.refuses(attempt)
    assert (bool(refused), attempt.says in refused) == (bool(attempt.says), True)
    return time.monotonic() - begin


def test_audit_line_is_written(at_hand: AtHand, door: Door, cluster: Cluster) -> None:
    """Of a statement that nobody has made before."""
    if "pgaudit.log" not in at_hand.stated:
        pytest.skip("pgaudit is not there")
    classes = {word.strip() for word in cluster.audit.split(",")}
    sql = [sql for name, sql in AUDITED.items() if {name, "all"} & classes]
    if not sql:
        pytest.skip(f"audit = {cluster.audit!r} has none of {', '.join(AUDITED)}")
    marker = f"howdah_{token_hex(8)}"
    attempt = Attempt(TEMPORAL_ROLE, TEMPORAL, sql[0].format(marker=marker))
    assert door.refuses_inside(attempt.of(cluster)) == ""
    assert "AUDIT: SESSION" in _logged(at_hand, marker)


def _logged(at_hand: AtHand, marker: str) -> str:
    """The log's lines with the marker. The collector writes a moment later."""
    path, data = at_hand.ask(LOG)[0].split("|")
    command = "cd %s && grep -h -e %s %s" if path else "journalctl -q --no-pager | grep -e %s"
    words = (data, marker, path) if path else (marker,)
    for _ in range(LOOKS):
        found = at_hand.host.run(command, *words).stdout
        if found:
            return str(found)
        time.sleep(0.1)
    return f"{path or 'the journal'} has no line of {marker}"
