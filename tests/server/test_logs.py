"""The server's log: what a client can write into it, what must not be there, how much there is."""

import json
import os
import re
import time

import psycopg
import pytest

from howdah.cluster import Cluster
from howdah.logs import kept
from tests.server.checkout import Checkout
from tests.server.stranger import HalfOpen

# As a reader takes a line to pieces, from the left.
LINE = re.compile(
    r"\S+ \S+ UTC \[(?P<pid>\d+)\]: \[\d+-1\] (?P<code>\w{5})  "
    r"client=(?P<client>[^,]*),db=(?P<db>[^,]*),user=(?P<user>[^,]*),app="
)
FORGED = "a,client=10.9.9.9,db=temporal,user=postgres,app=b LOG:  forged\n2026-01-01 forged"
ROW = """INSERT INTO app.users (id, first_name, last_name, email)
VALUES (gen_random_uuid(), 'a', 'b', %s)"""
DAY = 24 * 3600


def lines_of(log: str, pid: int) -> list[str]:
    """What stands under a session's process, the further lines of a message left out.

    A machine gives the number of a process again: the log begins with the session.
    """
    return [line for line in log.splitlines() if f" [{pid}]: " in line]


def test_client_forges_no_field_by_its_name(deployed: Checkout) -> None:
    before = len(deployed.log)
    with deployed.session("appuser", "appdb", application_name=FORGED) as session:
        pid = session.info.backend_pid
        with pytest.raises(psycopg.errors.DivisionByZero):
            session.execute("SELECT 1 / 0")
        session.execute("DO $$BEGIN RAISE LOG E'x\\n2026-01-01 forged'; END$$")
    lines = lines_of(deployed.log[before:], pid)
    read = [LINE.match(line) for line in lines if " client=" in line]
    assert {(m["pid"], m["client"], m["db"], m["user"]) for m in read if m} == {
        (str(pid), "127.0.0.1", "[unknown]", "[unknown]"),  # it has said nothing yet
        (str(pid), "127.0.0.1", "appdb", "appuser"),
    }
    assert all(read)
    assert {"22012", "00000"} == {m["code"] for m in read if m}
    assert "\n2026-01-01" not in deployed.log


def test_values_are_not_logged(deployed: Checkout) -> None:
    """Neither bound ones nor those of the row in the way; a role that asks for them has no more."""
    secret = "hidden-4711@example.com"
    before = len(deployed.log)
    with deployed.session("appuser", "appdb") as session:
        pid = session.info.backend_pid
        session.execute("SET log_parameter_max_length_on_error = -1")
        with session.transaction(force_rollback=True):
            session.execute(ROW, (secret,))
            with pytest.raises(psycopg.errors.UniqueViolation) as e:
                session.execute(ROW, (secret,))
        assert secret in str(e.value.diag.message_detail)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute("SET log_error_verbosity = verbose")
    lines = lines_of(deployed.log[before:], pid)
    assert any("23505" in line for line in lines)
    assert secret not in deployed.log


@pytest.fixture
def as_json(converged: Checkout) -> Checkout:
    converged.inventory(log_destination="jsonlog")
    assert "Load the configuration" in converged.deploy().changed
    assert converged.deploy().changed == []
    return converged


def test_stranger_forges_no_line_of_json(as_json: Checkout) -> None:
    """A name that logs in may be anything, and has line breaks as it likes."""
    forged = "x\n2026-01-01 00:00:00.000 UTC [1]: [1-1] 00000"
    with HalfOpen(as_json.address, as_json.port, user="no\nbody", database=forged) as login:
        assert not login.asked
    [file] = (as_json.home / "log").glob("*.json")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert ("no\nbody", forged) in {(line.get("user"), line.get("dbname")) for line in lines}


# -- How much there is -------------------------------------------------------------------------


def test_old_files_go_when_the_server_starts(converged: Checkout) -> None:
    """First what is older than the days, then the oldest until the rest fits the size."""
    log = converged.home / "log"
    converged.inventory(log_retention_days=2, log_retention_size="64MB", work_mem="2MB")
    converged.deploy()
    now = time.time()
    size = kept(Cluster(environment="x", log_retention_size="64MB")) // 3
    ages = {"postgresql-Mon.log": 3, "postgresql-a.log": 1.9, "postgresql-b.csv": 1.5,
            "postgresql-c.log": 1.4, "postgresql-d.log": 1.3, "other.log": 9}  # fmt: skip
    for name, days in ages.items():
        with (log / name).open("wb") as file:
            file.truncate(size)
        os.utime(log / name, (now - days * DAY, now - days * DAY))
    converged.pyinfra("-y", "deploys.local.stop")
    converged.pyinfra("-y", "deploys.local.start")
    left = {path.name for path in log.iterdir()} & ages.keys()
    # the newest of a kind may be the one that is written now
    assert left == {"postgresql-b.csv", "postgresql-c.log", "postgresql-d.log", "other.log"}
