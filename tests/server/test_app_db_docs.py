"""docs/app_db.md and docs/migrations.md on a real server: examples, symptoms and their cures."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app_db import (
    ConnectionFailedError,
    DbManageService,
    DbSessionService,
    SchemaBehindError,
    UserRepository,
)
from app_db.settings import DatabaseSettings, read_settings
from tests.documents import ROOT, blocks, is_shown, shown, tried
from tests.server.application import environment, held, select, settings
from tests.server.between import Between
from tests.server.checkout import Checkout
from tests.server.plain import PlainServer

VERSIONS = "app_db/migrations/versions"
SLOW = "A query takes more than a second"
INDEX = '''
"""Users by their last name."""

from alembic import op

revision = "app_db_0004"
down_revision = "app_db_0003"
transactional = False


def upgrade() -> None:
    op.create_index("ix_users_last_name", "users", ["last_name"], schema="app",
                    postgresql_concurrently=True)
'''


@pytest.fixture(autouse=True)
def no_engine() -> Iterator[None]:
    DbSessionService.reset()
    yield
    DbSessionService.reset()


def test_the_examples_of_app_db_work(deployed: Checkout, tmp_path: Path) -> None:
    deployed.ask("DELETE FROM app.users", "appdb")
    env = {"PYTEST_ADDOPTS": "-p app_db.testing", **environment(deployed)}
    tried("app_db.md", tmp_path, env, until="When something is wrong")
    names = "SELECT string_agg(last_name, ',' ORDER BY created_at) FROM app.users"
    assert deployed.ask(names, "appdb").startswith("Jones,Smith,")


def test_the_example_of_the_readme_works(deployed: Checkout, tmp_path: Path) -> None:
    deployed.ask("DELETE FROM app.users", "appdb")
    tried("../README.md", tmp_path, environment(deployed))
    assert deployed.ask("SELECT email FROM app.users", "appdb") == "ann@example.com"


def test_the_examples_of_migrations_work(bare: Checkout) -> None:
    bare.deploy()
    (bare.folder / ".venv").symlink_to(ROOT / ".venv")
    os.utime(bare.folder / "requirements.txt", (0, 0))  # make shall not make it anew
    env = {"ENV": bare.environment, "PYTHONPATH": str(bare.folder), **environment(bare)}
    tried("migrations.md", bare.folder, env, until="When something is wrong")
    assert bare.ask("TABLE app.alembic_version", "appdb") == "app_db_0005"
    assert bare.ask("SELECT indisvalid FROM pg_index WHERE indexrelid = "
                    "'app.ix_words_text'::regclass", "appdb") == "t"  # fmt: skip
    assert bare.deploy().changed == []


# -- QueuePool limit reached --------------------------------------------------------------


def test_a_leak_is_named_and_closed(deployed: Checkout, caplog: pytest.LogCaptureFixture) -> None:
    message, log, _ = shown("app_db.md", "QueuePool limit reached")
    service = DbSessionService(settings(deployed, pool_timeout=0.2))
    leaked = [service.get_session() for _ in range(30)]
    for session in leaked:
        session.execute(text("SELECT 1"))
    with pytest.raises(PoolTimeout) as failed:
        select(service)
    assert is_shown(message, str(failed.value))
    assert is_shown(log, caplog.text)
    for session in leaked:
        session.close()
    assert select(service) == 1


def test_more_traffic_needs_the_inventory_too(converged: Checkout) -> None:
    *_, limit = shown("app_db.md", "QueuePool limit reached")
    more = settings(converged, pool_size=25, connect_timeout=2)
    with (
        pytest.raises(ConnectionFailedError) as failed,
        held(DbSessionService(more), 35),
    ):
        pass
    assert is_shown(limit, str(failed.value))
    DbSessionService.reset()
    converged.inventory(pool_size=25)
    converged.deploy()
    service = DbSessionService(more)
    with held(service, 35):
        assert service.health_check()


# -- server closed the connection unexpectedly --------------------------------------------


@pytest.mark.parametrize("how", ["crash", "terminated", "cut"])
def test_a_closed_connection_is_replaced_by_a_ping(
    request: pytest.FixtureRequest, how: str
) -> None:
    plain, terminated, cut = shown("app_db.md", "server closed the connection unexpectedly")
    message = {"crash": plain, "terminated": terminated, "cut": cut}[how]
    of, close = request.getfixturevalue(how)
    service = DbSessionService(of(pool_pre_ping=False))
    close(select(service, "SELECT pg_backend_pid()"))
    with pytest.raises(ConnectionFailedError) as failed:
        select(service)
    assert is_shown(message, str(failed.value))
    DbSessionService.reset()
    service = DbSessionService(of())
    close(select(service, "SELECT pg_backend_pid()"))
    assert select(service) == 1
    assert service.get_pool_status()["invalid"] >= 1


Closing = tuple[Callable[..., DatabaseSettings], Callable[[int], None]]


@pytest.fixture
def crash(deployed: Checkout) -> Iterator[Closing]:
    """Kills a server process, without TLS: the others end too, and the server recovers."""
    server = PlainServer(deployed.bin)

    def close(backend: int) -> None:
        os.kill(backend, signal.SIGKILL)
        while Path(f"/proc/{backend}").exists():
            time.sleep(0.01)

    yield partial(read_settings, url=server.url(), password_file=None), close
    DbSessionService.reset()
    server.remove()


@pytest.fixture
def terminated(deployed: Checkout) -> Closing:
    """An administrator ends a session."""

    def close(backend: int) -> None:
        assert deployed.ask(f"SELECT pg_terminate_backend({backend}, 10000)") == "t"

    return partial(settings, deployed), close


@pytest.fixture
def cut(deployed: Checkout) -> Iterator[Closing]:
    """What is between client and server forgets their connections."""
    with Between(deployed.port) as between:
        url = f"postgresql://appuser@127.0.0.1:{between.port}/appdb"
        yield partial(settings, deployed, url=url), lambda _: between.cut()
        DbSessionService.reset()


# -- A query takes more than a second -----------------------------------------------------


def test_an_index_makes_a_query_fast(bare: Checkout) -> None:
    log, before, after = shown("app_db.md", SLOW)
    (explain,) = [one.text for one in blocks("app_db.md") if one.language == "sql"]
    bare.inventory(log_min_duration_statement="1ms")
    bare.deploy()
    bare.ask("""INSERT INTO app.users (id, first_name, last_name)
        SELECT gen_random_uuid(), 'Ann', 'Smith ' || n FROM generate_series(1, 50000) n;
        ANALYZE app.users""", "appdb")  # fmt: skip
    service = DbSessionService(settings(bare))
    query = explain.partition("\n")[2]
    assert select(service, query)
    assert is_shown(log.replace("SELECT …", query.strip()), bare.log)
    assert is_shown(before, _lines(service, explain))
    (bare.folder / VERSIONS / "0004_last_name.py").write_text(INDEX)
    bare.deploy()
    assert is_shown(after, _lines(service, explain))


def _lines(service: DbSessionService, sql: str) -> str:
    with service.session_scope() as session:
        return "\n".join(session.execute(text(sql)).scalars())


# -- Migrations, and relation does not exist ----------------------------------------------


def test_a_server_that_is_behind_is_brought_to_the_head_with_its_rows(bare: Checkout) -> None:
    message, told = shown("migrations.md", "The application is ahead of its database")
    later = [path for path in (bare.folder / VERSIONS).glob("*.py") if "0001" not in path.name]
    kept = {path: path.read_text() for path in later}
    for path in later:
        path.unlink()
    bare.deploy()
    _two_of_an_email(bare)
    manage, service = DbManageService(settings(bare)), DbSessionService(settings(bare))
    with pytest.raises(ProgrammingError) as failed, service.session_scope() as session:
        UserRepository(session).list()
    assert is_shown(message, str(failed.value))
    with pytest.raises(SchemaBehindError) as behind:
        manage.create_all()
    assert f"init-db: {behind.value}\n" == told
    for path, content in kept.items():
        path.write_text(content)
    bare.refused()  # 0003 wants one user for an address
    assert _invalid(bare) == "app.uq_users_email_lower"
    assert bare.ask("TABLE app.alembic_version", "appdb") == "app_db_0002"
    bare.ask("DELETE FROM app.users WHERE email = 'A@example.com'", "appdb")
    assert bare.deploy().changed == ["Migrate the schema"]
    assert _invalid(bare) == ""
    assert manage.create_all() == "app_db_0003"
    with service.session_scope() as session:
        assert [one.email for one in UserRepository(session).list()] == ["a@example.com"]
    assert bare.deploy().changed == []


def _two_of_an_email(bare: Checkout) -> None:
    insert = "INSERT INTO app.users (id, first_name, last_name, email) VALUES"
    rows = [f"(gen_random_uuid(), 'Ann', 'Smith', '{one}@example.com')" for one in "aA"]
    done = bare.login("appuser", "appdb", f"{insert} {', '.join(rows)}")
    assert done.returncode == 0, done.stderr


def _invalid(bare: Checkout) -> str:
    return bare.ask("SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid", "appdb")


def test_a_relation_that_does_not_exist_is_made_by_a_deploy(bare: Checkout) -> None:
    message, told = shown("app_db.md", "relation does not exist")
    bare.deploy()
    bare.ask("DROP TABLE app.user_identities, app.users; TRUNCATE app.alembic_version", "appdb")
    service = DbSessionService(settings(bare))
    with pytest.raises(DBAPIError) as failed, service.session_scope() as session:
        UserRepository(session).list()
    assert is_shown(message, str(failed.value))
    with pytest.raises(SchemaBehindError) as behind:
        DbManageService(settings(bare)).create_all()
    assert f"init-db: {behind.value}\n" == told
    bare.deploy()
    with service.session_scope() as session:
        assert UserRepository(session).list() == []
