"""One engine per process, its sessions, its pool and its health, on SQLite."""

import gc
import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

from app_db import (
    BadSettingsError,
    DbManageService,
    DbSessionService,
    PoolExhaustedError,
    UnavailableError,
    UserRepository,
)
from app_db.settings import read_settings

FILE = "sqlite:///./database.db"


@pytest.fixture
def service() -> DbSessionService:
    """A service with a table of one column, and a pool of two."""
    service = DbSessionService(
        read_settings(url=FILE, pool_size=1, max_overflow=1, pool_timeout=0.1)
    )
    with service.session_scope() as session:
        session.execute(text("CREATE TABLE app.t (a int UNIQUE)"))
    return service


def rows(service: DbSessionService) -> list[int]:
    with service.session_scope() as session:
        return list(session.execute(text("SELECT a FROM t ORDER BY a")).scalars())


def insert(session: Session, value: int) -> None:
    session.execute(text("INSERT INTO t VALUES (:value)"), {"value": value})


def test_a_process_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", FILE)
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: DbSessionService(), range(50)))
    assert {id(one) for one in made} == {id(DbSessionService())}
    DbSessionService(read_settings())
    with pytest.raises(BadSettingsError, match="this process has an engine with other settings"):
        DbSessionService(read_settings(pool_size=2))
    DbSessionService.reset()
    assert DbSessionService(read_settings(pool_size=2)).settings.pool_size == 2


def test_the_engine_says_how_it_begins(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "app_db")
    DbSessionService(read_settings(url=FILE))
    (record,) = [r for r in caplog.records if r.message == "Database engine initialized"]
    names = ("pool_size", "max_overflow", "pool_timeout", "pool_recycle")
    assert [getattr(record, name) for name in names] == [20, 10, 30, 1800]


def test_a_scope_commits(service: DbSessionService) -> None:
    with service.session_scope() as session:
        insert(session, 1)
    assert rows(service) == [1]
    assert service.get_pool_status()["checked_out"] == 0


def test_a_scope_rolls_back_and_says_why(
    service: DbSessionService, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(IntegrityError), service.session_scope() as session:
        insert(session, 1)
        insert(session, 1)
    (record,) = [r for r in caplog.records if r.message == "Database transaction failed"]
    assert record.levelno == logging.ERROR
    said = "duplicate key value violates unique constraint 'uq_t_a'"
    assert record.__dict__["error_type"] == "DuplicateError"
    assert record.__dict__["error_message"] == said
    assert rows(service) == []
    with pytest.raises(KeyboardInterrupt), service.session_scope() as session:
        insert(session, 2)
        raise KeyboardInterrupt
    assert rows(service) == []


def test_joined_sessions_end_with_their_connection(service: DbSessionService) -> None:
    with service.engine.connect() as connection:
        transaction = connection.begin()
        with service.joined_to(connection), service.session_scope() as session:
            insert(session, 1)
        with service.joined_to(connection):
            assert rows(service) == [1]
        transaction.rollback()
    with service.session_scope() as session:
        insert(session, 2)
    assert rows(service) == [2]


def test_what_was_read_is_there_after_the_scope(service: DbSessionService) -> None:
    with service.session_scope() as session:
        assert (session.expire_on_commit, session.autoflush) == (False, True)


def test_the_pool_is_told_truly(service: DbSessionService) -> None:
    def shown() -> list[object]:
        return list(service.get_pool_status().values())

    assert list(service.get_pool_status()) == [
        "size",
        "checked_in",
        "checked_out",
        "overflow",
        "invalid",
        "saturation",
        "consecutive_health_failures",
    ]
    assert shown() == [1, 1, 0, 0, 0, 0, 0]
    with service.session_scope() as one:
        one.execute(text("SELECT 1"))
        assert shown() == [1, 0, 1, 0, 0, 1, 0]
        with service.session_scope() as two:
            two.execute(text("SELECT 1"))
            assert shown() == [1, 0, 2, 1, 0, 2, 0]
            assert service.health_check()
    assert shown() == [1, 1, 0, 0, 0, 0, 0]
    with service.session_scope() as one:
        one.connection().invalidate()
        one.invalidate()
    assert service.get_pool_status()["invalid"] == 1
    service.engine.dispose()
    assert shown() == [1, 0, 0, 0, 1, 0, 0]


def test_before_its_first_connection_overflow_is_not_negative() -> None:
    assert DbSessionService(read_settings(url=FILE)).get_pool_status()["overflow"] == 0


def test_an_exhausted_pool_names_who_holds_it(
    service: DbSessionService, caplog: pytest.LogCaptureFixture
) -> None:
    """The longest first, whether it was opened by session_scope or by get_session."""
    idle = service.get_session()
    said = "QueuePool limit of size 1 overflow 1 reached, connection timed out, timeout 0.10"
    with service.session_scope() as one, service.session_scope() as two:
        for session in (two, one):
            session.execute(text("SELECT 1"))
        with pytest.raises(PoolTimeout, match=said), service.session_scope() as third:
            third.execute(text("SELECT 1"))
        assert service.health_check()
    (record,) = [r for r in caplog.records if r.message.startswith("Connection pool exhausted")]
    assert record.__dict__["error_type"] == "TimeoutError"
    assert record.__dict__["pool_status"]["checked_out"] == 2
    held = record.__dict__["held_by"]
    line = test_an_exhausted_pool_names_who_holds_it.__code__.co_firstlineno + 6
    assert [one.partition(" for ")[0] for one in held] == [f"{__file__}:{line}"] * 2
    assert held[0] in record.getMessage()
    idle.close()
    assert rows(service) == []


def test_the_longest_holder_is_named_first(service: DbSessionService) -> None:
    first = service.get_session()
    second = service.get_session()
    for session in (second, first):
        session.execute(text("SELECT 1"))
    names = [one.rpartition(":")[2].partition(" ")[0] for one in service._sessions.holders()]
    begun = test_the_longest_holder_is_named_first.__code__.co_firstlineno
    assert names == [str(begun + 1), str(begun + 2)]
    for session in (first, second):
        session.close()


def test_exhaustion_is_unavailability_and_no_broken_connection(service: DbSessionService) -> None:
    with service.session_scope() as one, service.session_scope() as two:
        one.execute(text("SELECT 1"))
        two.execute(text("SELECT 1"))
        with pytest.raises(UnavailableError) as failed, service.session_scope() as three:
            three.execute(text("SELECT 1"))
    assert isinstance(failed.value, PoolExhaustedError)
    assert failed.value.__context__ is None


def test_a_leaked_session_is_named(
    service: DbSessionService, caplog: pytest.LogCaptureFixture
) -> None:
    def leak() -> None:
        session = service.get_session()
        session.execute(text("SELECT 1"))
        session.commit()

    leak()
    gc.collect()
    (record,) = [r for r in caplog.records if r.levelno == logging.WARNING]
    opened_at = f"{__file__}:{leak.__code__.co_firstlineno + 1}"
    assert record.getMessage() == (
        f"session opened at {opened_at} was never closed; use session_scope(), or close() it"
    )
    assert record.__dict__["opened_at"] == opened_at


def test_a_leaked_connection_comes_back(service: DbSessionService) -> None:
    for _ in range(4):
        service.get_session().execute(text("SELECT 1"))
        gc.collect()
    assert rows(service) == []


def test_closed_sessions_are_no_leak(
    service: DbSessionService, caplog: pytest.LogCaptureFixture
) -> None:
    service.get_session().close()
    rows(service)
    gc.collect()
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


def test_an_unhealthy_database_is_counted(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    service = DbSessionService(read_settings(url=f"sqlite:///{tmp_path}/missing/database.db"))
    assert [service.health_check(), service.health_check()] == [False, False]
    assert service.get_pool_status()["consecutive_health_failures"] == 2
    record = caplog.records[-1]
    assert record.message == "Database health check failed"
    assert record.__dict__["error_type"] == "ConnectionFailedError"
    assert (
        record.__dict__["error_message"]
        == f"unable to open database: {tmp_path}/missing/database.db"
    )
    (tmp_path / "missing").mkdir()
    assert service.health_check()
    assert service.get_pool_status()["consecutive_health_failures"] == 0


def test_a_forked_child_begins_anew(service: DbSessionService) -> None:
    held = service.get_session()
    held.execute(text("SELECT 1"))
    locked = threading.Thread(target=DbSessionService._lock.acquire)
    locked.start()
    locked.join()  # as if another thread had just been making the service
    service._health.consecutive_failures = 1
    with service.session_scope() as broken:
        broken.connection().invalidate()
        broken.rollback()
    assert service.get_pool_status()["invalid"] == 1
    child = os.fork()
    if child == 0:
        status = DbSessionService().get_pool_status()
        clean = status["checked_out"] == 0
        clean = clean and status["invalid"] == 0
        clean = clean and status["consecutive_health_failures"] == 0
        clean = clean and service.health_check() and not service._sessions.holders()
        os._exit(0 if clean and rows(service) == [] else 1)
    DbSessionService._lock.release()
    assert os.waitpid(child, 0)[1] == 0
    held.execute(text("SELECT 1"))
    held.close()


@pytest.mark.parametrize(
    ("pragma", "value"), [("app.journal_mode", "wal"), ("foreign_keys", 1), ("busy_timeout", 5000)]
)
def test_a_file_is_opened_as_documented(
    service: DbSessionService, pragma: str, value: object
) -> None:
    with service.session_scope() as session:
        assert session.execute(text(f"PRAGMA {pragma}")).scalar() == value


def test_an_application_s_own_error_is_no_alarm(
    service: DbSessionService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "app_db")
    with pytest.raises(LookupError), service.session_scope():
        raise LookupError("no such user")
    (record,) = [r for r in caplog.records if r.message == "Database transaction failed"]
    assert (record.levelname, record.__dict__["error_type"]) == ("INFO", "LookupError")


def test_a_schema_in_memory_is_the_sessions() -> None:
    settings = read_settings(url="sqlite://")
    assert DbManageService(settings).create_all() == "app_db_0003"
    with DbSessionService(settings).session_scope() as session:
        assert UserRepository(session).list() == []


def test_a_database_in_memory_is_one(caplog: pytest.LogCaptureFixture) -> None:
    service = DbSessionService(read_settings(url="sqlite://", pool_timeout=0.1))
    with service.session_scope() as session:
        session.execute(text("CREATE TABLE app.t (a int)"))
        with pytest.raises(PoolExhaustedError), service.session_scope() as second:
            second.execute(text("SELECT 1"))
    assert rows(service) == []
    assert service.health_check()
    assert "Connection pool exhausted" in caplog.text
