"""The specification's table of how the pool behaves, and what else happens to a busy one."""

import json
import logging
import os
import secrets
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app_db import ConnectionFailedError, DbSessionService
from howdah.secrets.files import write_whole
from tests.server.application import environment, held, select, settings
from tests.server.checkout import ROOT, Checkout, free_port, until
from tests.server.control import started, stopped


@pytest.fixture(autouse=True)
def no_engine() -> Iterator[None]:
    DbSessionService.reset()
    yield
    DbSessionService.reset()


# -- The specification's table ------------------------------------------------------------


def test_low_traffic_uses_the_base_pool_only(deployed: Checkout) -> None:
    service = DbSessionService(settings(deployed))
    with held(service, 20):
        status = service.get_pool_status()
        assert (status["checked_out"], status["overflow"], status["saturation"]) == (20, 0, 1)
    status = service.get_pool_status()
    assert (status["checked_in"], status["checked_out"]) == (20, 0)
    with held(service, 20):
        assert backends(deployed) == 20  # the same ones again


def test_medium_traffic_uses_the_overflow(deployed: Checkout) -> None:
    service = DbSessionService(settings(deployed))
    with held(service, 30):
        status = service.get_pool_status()
        assert (status["checked_out"], status["overflow"], status["saturation"]) == (30, 10, 1.5)
        assert backends(deployed) == 30
        assert service.health_check()  # the role's connection limit has a place for it
    assert service.get_pool_status()["checked_in"] == 20
    until(lambda: backends(deployed) == 21)  # what was over is closed


def test_high_traffic_waits_for_who_leaves(deployed: Checkout) -> None:
    service = DbSessionService(settings(deployed))
    with ThreadPoolExecutor(1) as thread, held(service, 29):
        with service.session_scope() as last:
            last.execute(text("SELECT 1"))
            waiting = thread.submit(select, service)
            time.sleep(0.3)
            assert not waiting.done()
        assert waiting.result(timeout=10) == 1


def test_and_then_fails_with_the_pools_status_in_the_log(
    deployed: Checkout, caplog: pytest.LogCaptureFixture
) -> None:
    service = DbSessionService(settings(deployed, pool_timeout=0.2))
    said = "QueuePool limit of size 20 overflow 10 reached, connection timed out, timeout 0.20"
    with held(service, 30), pytest.raises(PoolTimeout, match=said):
        select(service)
    (record,) = [r for r in caplog.records if r.message.startswith("Connection pool exhausted")]
    assert record.levelno == logging.ERROR
    assert record.__dict__["pool_status"] == {
        "size": 20, "checked_in": 0, "checked_out": 30, "overflow": 10, "invalid": 0}  # fmt: skip
    assert len(record.__dict__["held_by"]) == 30
    assert select(service) == 1


def test_a_dead_connection_is_replaced(deployed: Checkout) -> None:
    service = DbSessionService(settings(deployed))
    first = select(service, "SELECT pg_backend_pid()")
    deployed.ask(f"SELECT pg_terminate_backend({first}, 10000)")
    assert select(service, "SELECT pg_backend_pid()") != first
    assert service.get_pool_status()["invalid"] == 1


def test_an_old_connection_is_recycled(deployed: Checkout) -> None:
    service = DbSessionService(settings(deployed, pool_recycle=1))
    first = select(service, "SELECT pg_backend_pid()")
    assert select(service, "SELECT pg_backend_pid()") == first
    time.sleep(1.1)
    assert select(service, "SELECT pg_backend_pid()") != first
    until(lambda: deployed.ask(
        f"SELECT count(*) FROM pg_stat_activity WHERE pid = {first}") == "0")  # fmt: skip


def backends(deployed: Checkout) -> int:
    sql = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'appuser'"
    return int(deployed.ask(sql))


# -- Under load ---------------------------------------------------------------------------


@dataclass
class Load:
    """Threads that read and write without a pause, and what became of each request."""

    service: DbSessionService
    threads: int = 8
    anew: bool = False  # each request on a new connection
    failed: list[tuple[float, Exception]] = field(default_factory=list)  # when begun, and why
    done: list[float] = field(default_factory=list)  # when ended
    _over: threading.Event = field(default_factory=threading.Event)

    def _work(self) -> None:
        while not self._over.is_set():
            begun = time.monotonic()
            try:
                with self.service.session_scope() as session:
                    session.execute(text("SELECT count(*) FROM app.users"))
                    if self.anew:
                        session.invalidate()  # closes its connection
            except Exception as e:
                self.failed.append((begun, e))
            else:
                self.done.append(time.monotonic())

    @contextmanager
    def running(self) -> Iterator[None]:
        workers = [threading.Thread(target=self._work) for _ in range(self.threads)]
        for worker in workers:
            worker.start()
        try:
            until(lambda: len(self.done) > self.threads)
            yield
            ended = len(self.done)
            until(lambda: len(self.done) > ended + self.threads)
        finally:
            self._over.set()
            for worker in workers:
                worker.join(timeout=60)


def test_a_restart_fails_only_what_is_in_flight(converged: Checkout) -> None:
    load = Load(DbSessionService(settings(converged, pool_size=4, max_overflow=4)))
    with load.running():
        stopped(converged)
        down = time.monotonic()
        time.sleep(0.5)  # requests arrive meanwhile, and wait
        started(converged)
    assert len(load.failed) <= load.threads
    assert [e for begun, e in load.failed if begun > down] == []
    assert all(isinstance(e, ConnectionFailedError) for _, e in load.failed)
    assert load.service.get_pool_status()["invalid"] >= 1


def test_a_rotated_password_fails_nothing(
    store: Path, converged: Checkout, caplog: pytest.LogCaptureFixture
) -> None:
    load = Load(DbSessionService(settings(converged)), anew=True)
    old = converged.password("appuser")
    with load.running():
        write_whole(store / "postgres_app_user_pw", secrets.token_urlsafe(32).encode() + b"\n")
        converged.deploy()
    assert load.failed == []
    # The server had the old one for a while, so some had to wait for it.
    said = [record.__dict__.get("error_message", "") for record in caplog.records]
    assert any("password authentication failed" in message for message in said)
    assert converged.login("appuser", "appdb", password=old).returncode != 0
    assert converged.login("appuser", "appdb").returncode == 0


def test_threads_share_one_engine(deployed: Checkout) -> None:
    load = Load(DbSessionService(settings(deployed)), threads=16)
    with load.running():
        assert backends(deployed) <= 31
    assert load.failed == []
    assert load.service.get_pool_status()["checked_out"] == 0


# -- A runaway query ----------------------------------------------------------------------


def test_a_runaway_query_is_cancelled_and_its_connection_usable(converged: Checkout) -> None:
    assert select(DbSessionService(settings(converged)), "SHOW statement_timeout") == "30s"
    DbSessionService.reset()
    converged.inventory(statement_timeout="1s")
    converged.deploy()
    service = DbSessionService(settings(converged))
    session = service.get_session()
    backend = session.execute(text("SELECT pg_backend_pid()")).scalar()
    with pytest.raises(OperationalError, match="canceling statement due to statement timeout"):
        session.execute(text("SELECT pg_sleep(60)"))
    session.rollback()
    assert session.execute(text("SELECT pg_backend_pid()")).scalar() == backend
    session.close()
    assert service.get_pool_status()["invalid"] == 0


# -- Processes ----------------------------------------------------------------------------


def test_prefork_gives_each_process_its_own(deployed: Checkout, tmp_path: Path) -> None:
    port, env = free_port(), {**os.environ, "PYTHONPATH": str(ROOT), **environment(deployed)}
    command = [sys.executable, "-m", "gunicorn", "--preload", "--workers", "3", "--bind",
               f"127.0.0.1:{port}", "tests.server.wsgi:application"]  # fmt: skip
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=tmp_path, env=env, stdout=log, stderr=log)
    try:
        until(lambda: "Booting worker" in (tmp_path / "log").read_text())
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda _: _get(port), range(200)))
        parents = answers[0]["parents"]
        alive = f"SELECT count(*) FROM pg_stat_activity WHERE pid IN {tuple(parents)}"
        assert deployed.ask(alive) == "2"  # no child has said goodbye in its parent's name
    finally:
        server.terminate()
        server.wait(timeout=30)
    owners: dict[int, set[int]] = {}
    for answer in answers:
        assert answer["healthy"]
        assert answer["invalid"] == 0
        for backend in answer["backends"]:
            owners.setdefault(backend, set()).add(answer["process"])
    assert all(len(processes) == 1 for processes in owners.values())
    assert len({answer["process"] for answer in answers}) > 1
    assert owners.keys().isdisjoint(parents)
    assert "error" not in (tmp_path / "log").read_text().lower()


def _get(port: int) -> Any:
    for _ in range(50):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as response:
                return json.load(response)
        except (ConnectionError, urllib.error.URLError):
            time.sleep(0.1)
    raise AssertionError("gunicorn does not answer")
