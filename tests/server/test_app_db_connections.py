"""app_db's connections to a real server: TLS, the password's file, health, what is told."""

import datetime
import logging
import os
import signal
import socket
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import DateTime, Enum, Integer, String, Uuid, bindparam, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from app_db import ConnectionFailedError, DbSessionService
from app_db.timestamps import UtcDateTime
from howdah.secrets.x509 import make_ca
from tests.server.application import settings
from tests.server.between import Between
from tests.server.checkout import Checkout, free_port

Service = Callable[..., DbSessionService]


@pytest.fixture
def service(deployed: Checkout) -> Iterator[Service]:
    """Makes the service of an application on the converged cluster."""

    def service(query: str = "", **given: Any) -> DbSessionService:
        DbSessionService.reset()
        return DbSessionService(settings(deployed, query, **given))

    yield service
    DbSessionService.reset()


def scalar(service: DbSessionService, sql: str) -> Any:
    with service.session_scope() as session:
        return session.execute(text(sql)).scalar()


def test_connections_are_encrypted_and_verified(service: Service) -> None:
    sql = "SELECT version || ' ' || current_user FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    assert scalar(service(), sql) == "TLSv1.3 appuser"


def test_a_server_of_another_ca_is_refused(service: Service, tmp_path: Path) -> None:
    (foreign := tmp_path / "ca.crt").write_bytes(make_ca("another").certificate)
    with pytest.raises(ConnectionFailedError, match="certificate verify failed"):
        scalar(service(sslrootcert=foreign, connect_timeout=2), "SELECT 1")
    assert scalar(service("?sslmode=require", sslrootcert=foreign), "SELECT 1") == 1


def test_a_missing_ca_is_named(service: Service) -> None:
    with pytest.raises(
        ConnectionFailedError, match='root certificate file "/nowhere" does not exist'
    ):
        scalar(service(sslrootcert="/nowhere", connect_timeout=2), "SELECT 1")


def test_a_host_by_another_name_is_refused(service: Service, deployed: Checkout) -> None:
    url = f"postgresql://appuser@127.0.0.2:{deployed.port}/appdb?hostaddr=127.0.0.1"
    with pytest.raises(ConnectionFailedError, match="does not match host name"):
        scalar(service(url=url, connect_timeout=2), "SELECT 1")


def test_each_new_connection_reads_the_password(
    service: Service, deployed: Checkout, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text(deployed.password("appuser"))
    one = service(password_file=file, connect_timeout=2)
    with (
        one.session_scope() as first,
        pytest.raises(ConnectionFailedError),
        one.session_scope() as two,
    ):
        first.execute(text("SELECT 1"))
        file.write_text("a wrong one, that is long enough\n")
        first.execute(text("SELECT 1"))  # a session that is open stays
        two.execute(text("SELECT 1"))
    file.write_text(deployed.password("appuser"))
    with one.session_scope() as first, one.session_scope() as two:
        assert [s.execute(text("SELECT 1")).scalar() for s in (first, two)] == [1, 1]


def test_no_log_has_the_password(
    service: Service, deployed: Checkout, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    one = service(connect_timeout=2)
    assert one.health_check()
    scalar(one, "SELECT 1")
    with pytest.raises(OperationalError):
        scalar(service("?sslmode=disable", connect_timeout=2), "SELECT 1")
    told = "".join(f"{record.__dict__!r} {record.getMessage()}" for record in caplog.records)
    assert "no encryption" in told
    assert deployed.password("appuser") not in told + repr(one.settings) + repr(one.engine)


def test_health_is_seen_beside_an_exhausted_pool(service: Service) -> None:
    one = service(pool_size=1, max_overflow=0, pool_timeout=0.2)
    with one.session_scope() as session:
        session.execute(text("SELECT 1"))
        assert one.health_check()
        assert one.get_pool_status()["saturation"] == 1


def test_a_server_that_does_not_answer_is_unhealthy(
    service: Service, deployed: Checkout, caplog: pytest.LogCaptureFixture
) -> None:
    one = service()
    assert one.health_check()
    processes = _processes(deployed)
    try:
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        begun = time.monotonic()
        assert not one.health_check()
        assert not one.health_check()
        assert time.monotonic() - begun < 30  # not for ever: the limit is 2 s
    finally:
        for pid in processes:
            os.kill(pid, signal.SIGCONT)
    assert one.get_pool_status()["consecutive_health_failures"] == 2
    first = next(r for r in caplog.records if r.message == "Database health check failed")
    assert first.__dict__["error_message"] == "no answer within 2 s"
    assert _becomes_healthy(one)
    assert one.get_pool_status()["consecutive_health_failures"] == 0


def test_health_outlives_a_connection_that_has_gone_silent(
    service: Service, deployed: Checkout
) -> None:
    """As after a failover: what is open leads nowhere, what is new is served."""
    with Between(deployed.port) as between:
        one = service(f"?hostaddr=127.0.0.1&port={between.port}")
        assert one.health_check()
        between.silence()
        assert not one.health_check()
        assert one.health_check()


def test_a_failure_is_counted_once_however_many_ask(service: Service, deployed: Checkout) -> None:
    with Between(deployed.port) as between:
        one = service(f"?hostaddr=127.0.0.1&port={between.port}")
        assert one.health_check()
        between.silence()
        with ThreadPoolExecutor(20) as threads:
            assert set(threads.map(lambda _: one.health_check(), range(20))) == {False}
        assert one.get_pool_status()["consecutive_health_failures"] == 1


def test_a_server_that_is_gone_without_a_word_is_noticed(service: Service) -> None:
    one = service(connect_timeout=7)
    with one.session_scope() as session:
        driver: Any = session.connection().connection.driver_connection
        with socket.fromfd(driver.fileno(), socket.AF_INET, socket.SOCK_STREAM) as used:
            assert used.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 7000
            assert used.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 7
    other = service("?tcp_user_timeout=1000")
    with other.session_scope() as session:
        driver = session.connection().connection.driver_connection
        assert "tcp_user_timeout=1000" in driver.info.dsn


def test_a_fork_inside_of_a_session_leaves_the_parents_alone(service: Service) -> None:
    one = service()
    with one.session_scope() as session:
        session.execute(text("SELECT 1"))
        child = os.fork()
        if child == 0:
            code = 1
            try:
                session.commit()
            except ConnectionFailedError:
                session.close()
                code = 7 if scalar(one, "SELECT 1") == 1 else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert session.execute(text("SELECT 2")).scalar() == 2


def _processes(deployed: Checkout) -> list[int]:
    children = Path(f"/proc/{deployed.pid}/task/{deployed.pid}/children").read_text().split()
    return [deployed.pid, *map(int, children)]


def _becomes_healthy(service: DbSessionService) -> bool:
    return any(service.health_check() for _ in range(10))


def test_a_gone_server_is_told_within_connect_timeout(service: Service) -> None:
    one = service(url=f"postgresql://appuser@127.0.0.1:{free_port()}/appdb", connect_timeout=2)
    begun = time.monotonic()
    with pytest.raises(OperationalError, match="Connection refused"):
        scalar(one, "SELECT 1")
    assert time.monotonic() - begun < 2 + 1  # the second is this machine's
    assert not one.health_check()


# -- What an error or the log shows -------------------------------------------------------

SECRET = "s3cret-4111"
FUNCTIONS = """SET ROLE appowner;
CREATE FUNCTION app.raised(v text, state text) RETURNS int LANGUAGE plpgsql AS $$
    BEGIN RAISE '% is taken', v USING ERRCODE = state; END $$;
CREATE FUNCTION app.executed(v text) RETURNS int LANGUAGE plpgsql AS $$
    BEGIN EXECUTE 'SELECT ' || quote_ident(v); RETURN 1; END $$"""


@pytest.fixture(scope="module")
def functions(deployed: Checkout) -> Iterator[None]:
    """What an application may have that says values."""
    deployed.ask(FUNCTIONS, "appdb")
    yield
    deployed.ask("DROP FUNCTION app.raised, app.executed", "appdb")


@pytest.mark.usefixtures("functions")
@pytest.mark.parametrize(
    ("sql", "shown"),
    [
        ("SELECT CAST(CAST(:v AS text) AS int)", "invalid text representation (SQLSTATE 22P02)"),
        ("SELECT CAST(:v AS timestamptz)", "invalid datetime format (SQLSTATE 22007)"),
        ("SELECT CAST(:v AS jsonb)", "SQLSTATE 22P02"),
        ("SELECT CAST(:v AS regclass)", "undefined table (SQLSTATE 42P01)"),
        ("SELECT CAST(:v AS regtype)", "syntax error (SQLSTATE 42601)"),
        ("SELECT CAST(replace(:v, '-', '_') AS regtype)", "SQLSTATE 42704"),
        ("SELECT CAST(:v AS regprocedure)", "SQLSTATE 22P02"),
        ("SELECT current_setting(:v)", "undefined object (SQLSTATE 42704)"),
        ("SELECT set_config('work_mem', :v, FALSE)", "SQLSTATE 22023"),
        ("SELECT now() AT TIME ZONE :v", "SQLSTATE 22023"),
        ("SELECT to_tsquery('simple', '! & ' || :v)", "syntax error (SQLSTATE 42601)"),
        ("SELECT CAST('$ ) ' || :v AS jsonpath)", "syntax error"),
        ("SELECT 'a' ~ (CAST(:v AS text) || '(')", "SQLSTATE 2201B"),
        ("SELECT nextval(CAST(:v AS text))", "SQLSTATE 42P01"),
        ("SELECT has_table_privilege(:v, 'SELECT')", "SQLSTATE 42P01"),
        ("SELECT app.raised(:v, 'P0001')", "raise exception (SQLSTATE P0001)"),
        ("SELECT app.raised(:v, '23505')", "duplicate key value"),
        ("SELECT app.raised(:v, '40001')", "serialization failure (SQLSTATE 40001)"),
        ("SELECT app.executed(:v)", "undefined column (SQLSTATE 42703)"),
        ("INSERT INTO users (id, first_name, last_name) VALUES (gen_random_uuid(), :v, NULL)",
         'null value in column "last_name" of relation "users" violates not-null constraint'),
        ("SELECT :v FROM nowhere", 'relation "nowhere" does not exist'),
        ("SELECT nothing FROM users WHERE last_name = :v", 'column "nothing" does not exist'),
        ("UPDATE alembic_version SET version_num = :v", "permission denied for table"),
    ],
)  # fmt: skip
def test_no_value_is_shown_outside_of_development(
    service: Service, caplog: pytest.LogCaptureFixture, sql: str, shown: str
) -> None:
    with pytest.raises(DBAPIError) as failed, service().session_scope() as session:
        session.execute(text(sql), {"v": SECRET})
    logged = "".join(str(vars(record)) for record in caplog.records)
    seen = "".join(traceback.format_exception(failed.value)) + repr(failed.value)
    assert SECRET not in seen + logged
    assert shown in str(failed.value)
    assert shown in logged


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Enum("a", name="e", validate_strings=True), SECRET),
        (Uuid(), SECRET),
        (UtcDateTime(), datetime.datetime(4111, 1, 1)),
        (String(), f"{SECRET}\udcff"),
        (String(), f"{SECRET}\0"),
        (DateTime(), SECRET),
        (Integer(), SECRET),
    ],
)
def test_no_value_that_cannot_be_converted_either(
    service: Service, caplog: pytest.LogCaptureFixture, kind: Any, value: object
) -> None:
    with pytest.raises(Exception) as failed, service().session_scope() as session:  # noqa: PT011
        session.execute(select(bindparam("v", type_=kind)), {"v": value})
    logged = "".join(str(vars(record)) for record in caplog.records)
    seen = "".join(traceback.format_exception(failed.value)) + repr(failed.value)
    assert "4111" not in seen + logged


def test_development_shows_them(service: Service) -> None:
    with (
        pytest.raises(DBAPIError) as failed,
        service(stage="development").session_scope() as session,
    ):
        session.execute(text("SELECT CAST(CAST(:v AS text) AS int)"), {"v": SECRET})
    assert f'invalid input syntax for type integer: "{SECRET}"' in str(failed.value)
