"""The history on PostgreSQL 15, 17 and SQLite: init-db, alembic, who may migrate, interruptions."""

import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from alembic import op
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import CursorResult, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from app_db import (
    AppDbError,
    DbManageService,
    DbSessionService,
    SchemaBehindError,
    non_transactional,
)
from app_db import migrating as guard
from app_db.engine import make_engine
from app_db.manage import init_db
from app_db.schema import LOCK_TIMEOUT
from app_db.settings import DatabaseSettings, read_settings
from deploys.migrate import GUARDED
from deploys.sql import OPTIONS
from tests.server.application import settings
from tests.server.checkout import ROOT, Checkout, until
from tests.server.plain import PlainServer

HEAD = "app_db_0003"
DEBIANS = Path("/usr/lib/postgresql/15/bin")
Servers = Callable[[int], PlainServer]
Alembic = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def servers(deployed: Checkout) -> Iterator[Servers]:
    """Makes a server of a version, and keeps it for all tests."""
    made: dict[int, PlainServer] = {}

    def server(version: int) -> PlainServer:
        binaries = DEBIANS if version == 15 else deployed.bin
        if not binaries.exists():
            pytest.skip(f"no {binaries}: apt-get install postgresql-15")
        return made.get(version) or made.setdefault(version, PlainServer(binaries))

    yield server
    for one in made.values():
        one.remove()


@pytest.fixture(params=[15, 17])
def empty(request: pytest.FixtureRequest, servers: Servers) -> PlainServer:
    return emptied(servers(request.param))


def emptied(server: PlainServer) -> PlainServer:
    """The server, with an empty schema app."""
    tables = "DROP TABLE IF EXISTS app.user_identities, app.users, app.alembic_version CASCADE"
    server.ask(f"{tables}; DROP FUNCTION IF EXISTS app.touch()")
    return server


def of(server: PlainServer, user: str = "postgres") -> DatabaseSettings:
    return read_settings(url=server.url(user), password_file=None)


@pytest.fixture
def alembic(tmp_path: Path) -> Alembic:
    """Alembic as it is typed in the checkout."""
    (tmp_path / "config.yaml").write_text("database:\n  password_file:\n")

    def alembic(url: str, *words: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "DATABASE_URL": url, "APP_CONFIG": str(tmp_path / "config.yaml")}
        return subprocess.run([sys.executable, "-W", "error", "-m", "alembic", *words], cwd=ROOT,
                              env=env, capture_output=True, text=True, check=False)  # fmt: skip

    return alembic


@pytest.fixture(params=[15, 17, "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path, servers: Servers) -> str:
    of_sqlite = request.param == "sqlite"
    file = f"sqlite:///{tmp_path}/database.db"
    return file if of_sqlite else emptied(servers(request.param)).url()


def test_models_and_migrations_agree(alembic: Alembic, url: str) -> None:
    for words in (["upgrade", "head"], ["check"], ["downgrade", "base"], ["upgrade", "head"]):
        done = alembic(url, *words)
        assert done.returncode == 0, done.stderr
    done = alembic(url, "check")
    assert "No new upgrade operations detected" in done.stdout, done.stderr
    assert f"{HEAD} (head)" in alembic(url, "current").stdout


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("DROP INDEX app.uq_users_email_lower", "add_index"),
        ("ALTER TABLE app.users DROP version CASCADE", "add_column"),
        ("ALTER TABLE app.users ALTER email SET NOT NULL", "modify_nullable"),
        ("ALTER TABLE app.users ALTER created_at DROP DEFAULT", "modify_default"),
        ("CREATE TABLE app.other ()", "remove_table"),
    ],
)
def test_a_difference_is_seen(
    alembic: Alembic, empty: PlainServer, change: str, found: str
) -> None:
    alembic(empty.url(), "upgrade", "head")
    empty.ask(change)
    done = alembic(empty.url(), "check")
    empty.ask("DROP TABLE IF EXISTS app.other")
    assert done.returncode != 0
    assert f"New upgrade operations detected: [('{found}'" in done.stdout.replace("[[", "[")


def test_what_is_migrated_is_the_owners(empty: PlainServer) -> None:
    assert DbManageService(of(empty)).create_all() == HEAD
    owners = "SELECT string_agg(DISTINCT tableowner, ',') FROM pg_tables WHERE schemaname = 'app'"
    assert empty.ask(owners) == "appowner"
    assert empty.ask("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == "0"


def test_the_owner_may_have_a_name_that_sql_knows(empty: PlainServer) -> None:
    empty.ask('CREATE ROLE "user"; ALTER SCHEMA app OWNER TO "user"')
    try:
        assert DbManageService(of(empty)).create_all() == HEAD
    finally:
        empty.ask('REASSIGN OWNED BY "user" TO appowner; DROP OWNED BY "user"; DROP ROLE "user"')


def test_data_survive_each_revision(alembic: Alembic, url: str) -> None:
    def run(sql: str) -> list[tuple[object, ...]]:
        DbSessionService.reset()
        service = DbSessionService(read_settings(url=url, password_file=None))
        with service.session_scope() as session:
            result = session.execute(text(sql))
            assert isinstance(result, CursorResult)
            return [tuple(row) for row in result] if result.returns_rows else []

    try:
        alembic(url, "upgrade", "app_db_0001")
        key = "00000000000000000000000000000001"
        run(f"INSERT INTO app.users (id, first_name, last_name) VALUES ('{key}', 'Ann', 'Smith')")
        run("INSERT INTO app.user_identities (id, user_id, provider, subject) "
            f"VALUES ('{key}', '{key}', 'google', '1')")  # fmt: skip
        done = alembic(url, "upgrade", "head")
        assert done.returncode == 0, done.stderr
        joined = "app.users u JOIN app.user_identities i ON u.id = user_id"
        assert run(f"SELECT first_name, issuer, u.version FROM {joined}") == [("Ann", "google", 1)]
        done = alembic(url, "downgrade", "app_db_0001")
        assert done.returncode == 0, done.stderr
        assert run(f"SELECT first_name, provider FROM {joined}") == [("Ann", "google")]
    finally:
        DbSessionService.reset()


def test_a_login_that_may_not_migrate_compares(
    empty: PlainServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "config.yaml").write_text("database:\n  password_file:\n")
    monkeypatch.setenv("APP_CONFIG", str(tmp_path / "config.yaml"))
    monkeypatch.setenv("DATABASE_URL", empty.url("appuser"))
    assert init_db() == 1
    assert capsys.readouterr().err == (
        f"init-db: the schema is at None, and {HEAD} is needed; run `make deploy ENV=…` in the "
        "checkout of howdah\n")  # fmt: skip
    monkeypatch.setenv("DATABASE_URL", empty.url())
    assert init_db() == 0
    monkeypatch.setenv("DATABASE_URL", empty.url("appuser"))
    assert init_db() == 0
    assert capsys.readouterr().out == f"the schema is at {HEAD}\n" * 2
    empty.ask("UPDATE app.alembic_version SET version_num = 'app_db_0002'")
    with pytest.raises(SchemaBehindError, match=r"^the schema is at app_db_0002, and app_db_0003"):
        DbManageService(of(empty, "appuser")).create_all()
    empty.ask("UPDATE app.alembic_version SET version_num = 'app_db_9999'")
    with pytest.raises(
        AppDbError, match=r"^the schema is at app_db_9999, which app_db.migrations d"
    ):
        DbManageService(of(empty, "appuser")).create_all()


def test_alembic_says_who_may_not_migrate(alembic: Alembic, empty: PlainServer) -> None:
    alembic(empty.url(), "upgrade", "app_db_0002")
    done = alembic(empty.url("appuser"), "upgrade", "head")
    assert done.returncode != 0
    assert "FAILED: appuser may not migrate; run `make deploy" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "app_db_0002" in alembic(empty.url("appuser"), "current").stdout


def test_a_revision_that_fails_keeps_those_before(empty: PlainServer) -> None:
    """What the owner may not do is told as it is: the deploy migrates as the same role."""
    empty.ask("CREATE FUNCTION app.touch() RETURNS int LANGUAGE sql AS 'SELECT 1'")  # 0002 has it
    with pytest.raises(ProgrammingError, match="must be owner of function touch"):
        DbManageService(of(empty)).create_all()
    assert empty.ask("TABLE app.alembic_version") == "app_db_0001"
    empty.ask("DROP FUNCTION app.touch()")
    assert DbManageService(of(empty)).create_all() == HEAD


def test_a_search_path_that_begins_with_app_shows_no_table_twice(
    alembic: Alembic, empty: PlainServer
) -> None:
    """As appuser's does on a deployed server."""
    alembic(empty.url(), "upgrade", "head")
    empty.ask("ALTER ROLE postgres SET search_path = app")
    try:
        done = alembic(empty.url(), "check")
    finally:
        empty.ask("ALTER ROLE postgres RESET search_path")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_member_may_migrate_where_it_may_set_role(empty: PlainServer) -> None:
    empty.ask("CREATE ROLE developer LOGIN; GRANT appowner TO developer")
    try:
        assert DbManageService(of(empty, "developer")).create_all() == HEAD
        owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'users'"
        assert empty.ask(owner) == "appowner"
    finally:
        empty.ask("DROP ROLE developer")


def test_a_member_that_may_not_set_role_compares(empty: PlainServer) -> None:
    if "PostgreSQL 15" in empty.ask("SELECT version()"):
        return  # PostgreSQL 16 has brought the difference
    empty.ask("CREATE ROLE reader LOGIN; GRANT appowner TO reader WITH SET FALSE")
    try:
        with pytest.raises(SchemaBehindError):
            DbManageService(of(empty, "reader")).create_all()
    finally:
        empty.ask("DROP ROLE reader")


def test_a_database_without_the_schema_is_told(empty: PlainServer) -> None:
    empty.ask("ALTER SCHEMA app RENAME TO other")
    try:
        with pytest.raises(AppDbError, match=r"^there is no schema app in database postgres; `m"):
            DbManageService(of(empty)).create_all()
    finally:
        empty.ask("ALTER SCHEMA other RENAME TO app")


def test_many_at_once_migrate_once(empty: PlainServer) -> None:
    found: list[str] = []
    command = [sys.executable, "-c", "import sys; from app_db.manage import init_db; "
               "sys.exit(init_db())"]  # fmt: skip
    config = empty.folder / "config.yaml"
    config.write_text("database:\n  password_file:\n")
    env = {**os.environ, "DATABASE_URL": empty.url(), "APP_CONFIG": str(config)}
    started = [subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
               for _ in range(3)]  # fmt: skip
    for process in started:
        found.append(process.communicate(timeout=120)[0])
        assert process.returncode == 0
    assert found == [f"the schema is at {HEAD}\n"] * 3


def test_another_session_that_migrates_is_waited_for(
    empty: PlainServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two looks in no transaction, which a server's time-out would end."""
    monkeypatch.setattr(guard, "PATIENCE", 2)
    states = ("SELECT string_agg(state, ', ') FROM pg_stat_activity "
              "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()")  # fmt: skip
    with psycopg.connect(f"host={empty.folder} user=postgres", autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(hashtext('howdah.migrate'))")
        with ThreadPoolExecutor() as threads:
            waiting = threads.submit(DbManageService(of(empty)).create_all)
            seen = Counter[str]()
            while not waiting.done():
                seen[empty.ask(states)] += 1
            with pytest.raises(AppDbError, match="another session has been migrating this"):
                waiting.result()
    assert seen.most_common(1)[0][0] == "idle, idle"
    assert DbManageService(of(empty)).create_all() == HEAD


def test_it_migrates_as_the_deploy_does(empty: PlainServer) -> None:
    wanted = {"role": "appowner", "search_path": "app, extensions", "lock_timeout": "10s",
              "statement_timeout": "0", "idle_in_transaction_session_timeout": "0",
              "timezone": "UTC", "datestyle": "ISO, MDY", "intervalstyle": "postgres",
              "standard_conforming_strings": "on"}  # fmt: skip
    engine = make_engine(of(empty))
    with engine.connect() as connection, guard.migrating(connection):
        found = {name: connection.exec_driver_sql(f"SHOW {name}").scalar() for name in wanted}
    engine.dispose()
    assert found == wanted
    of_deploy = dict(re.findall(r"^SET (\w+) = '?(.*?)'?;$", GUARDED, flags=re.MULTILINE))
    assert of_deploy.items() <= found.items()
    of_session = {name: OPTIONS[name] for name in wanted.keys() & OPTIONS.keys()}
    assert {**found, **of_session, **of_deploy} == found


def test_a_lock_is_waited_for_shortly_whatever_the_role_says_of_statements(
    alembic: Alembic, empty: PlainServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    alembic(empty.url(), "upgrade", "app_db_0001")
    empty.ask("ALTER ROLE postgres SET statement_timeout = '300ms'")
    monkeypatch.setattr(guard, "LOCK_TIMEOUT", "600ms")
    try:
        with psycopg.connect(f"host={empty.folder} user=postgres") as holder:
            holder.execute("LOCK TABLE app.users IN ACCESS SHARE MODE")
            with pytest.raises(OperationalError, match="due to lock timeout"):
                DbManageService(of(empty)).create_all()
        assert DbManageService(of(empty)).create_all() == HEAD
    finally:
        empty.ask("ALTER ROLE postgres RESET statement_timeout")


def test_an_invalid_index_is_built_again(alembic: Alembic, empty: PlainServer) -> None:
    alembic(empty.url(), "upgrade", "app_db_0002")
    insert = "INSERT INTO app.users (id, first_name, last_name, email) VALUES (gen_random_uuid()"
    empty.ask(f"{insert}, 'Ann', 'Smith', 'a@b'); {insert}, 'Ann', 'Smith', 'A@B')")
    with pytest.raises(Exception, match="uq_users_email_lower"):
        DbManageService(of(empty)).create_all()
    invalid = "SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid"
    assert empty.ask(invalid) == "app.uq_users_email_lower"
    empty.ask("DELETE FROM app.users WHERE email = 'A@B'")
    assert DbManageService(of(empty)).create_all() == HEAD
    assert empty.ask(invalid) == ""


def test_an_index_of_another_table_is_left_alone(alembic: Alembic, empty: PlainServer) -> None:
    alembic(empty.url(), "upgrade", "app_db_0002")
    name = "ix_users_created_at_id"
    empty.ask(f"SET ROLE appowner; CREATE INDEX {name} ON app.user_identities (subject)")
    with pytest.raises(
        ProgrammingError, match=f"index app.{name} is there already, of another table"
    ):
        DbManageService(of(empty)).create_all()
    assert empty.ask(f"SELECT indrelid::regclass FROM pg_index WHERE indexrelid = 'app.{name}'"
                     "::regclass") == "app.user_identities"  # fmt: skip
    empty.ask(f"DROP INDEX app.{name}")
    assert DbManageService(of(empty)).create_all() == HEAD


def test_a_downgrade_that_was_interrupted_goes_on(alembic: Alembic, empty: PlainServer) -> None:
    alembic(empty.url(), "upgrade", "head")
    empty.ask("DROP INDEX app.ix_users_created_at_id")
    done = alembic(empty.url(), "downgrade", "app_db_0002")
    assert done.returncode == 0, done.stderr
    assert "app_db_0002" in alembic(empty.url(), "current").stdout


def test_only_an_index_is_waited_for_without_end(
    empty: PlainServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another statement of such a revision waits for a lock as all do: others wait behind it."""
    monkeypatch.setattr(guard, "LOCK_TIMEOUT", "300ms")
    seen: list[str] = []
    engine = make_engine(of(empty))
    with engine.connect() as connection, guard.migrating(connection):
        context = MigrationContext.configure(connection)
        with Operations.context(context):

            @non_transactional._alone
            def step() -> None:
                show = "SHOW lock_timeout"
                seen.append(str(op.get_bind().exec_driver_sql(show).scalar()))
                op.create_index("ix_other", "other", ["a"], schema="app",
                                postgresql_concurrently=True)  # fmt: skip
                seen.append(str(op.get_bind().exec_driver_sql(show).scalar()))

            with context.begin_transaction():
                op.execute("CREATE TABLE app.other (a int)")
                step()
    engine.dispose()
    empty.ask("DROP TABLE app.other")
    assert seen == ["300ms", LOCK_TIMEOUT]


def test_an_index_does_not_block_writers_and_waits_for_them(
    alembic: Alembic, empty: PlainServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    alembic(empty.url(), "upgrade", "app_db_0002")
    monkeypatch.setattr(guard, "LOCK_TIMEOUT", "100ms")
    done: list[str] = []
    with psycopg.connect(f"host={empty.folder} user=postgres") as writer:
        insert = "INSERT INTO app.users (id, first_name, last_name) VALUES (gen_random_uuid(), "
        writer.execute(f"{insert} 'Ann', 'Smith')")
        migration = threading.Thread(
            target=lambda: done.append(DbManageService(of(empty)).create_all())
        )
        migration.start()
        waiting = ("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                   "AND query LIKE 'CREATE UNIQUE INDEX CONCURRENTLY%'")  # fmt: skip
        until(lambda: empty.ask(waiting) == "1")
        time.sleep(0.3)  # longer than the time-out of other locks
        writer.execute(f"{insert} 'Bob', 'Smith')")
        assert done == []
    migration.join(timeout=60)
    assert done == [HEAD]


def test_the_deployed_server_is_at_the_head(deployed: Checkout) -> None:
    manage = DbManageService(settings(deployed))
    assert manage.create_all() == HEAD
    deployed.ask("UPDATE app.alembic_version SET version_num = 'app_db_0001'", "appdb")
    try:
        with pytest.raises(
            SchemaBehindError, match=r"^the schema is at app_db_0001, and app_db_0003"
        ):
            manage.create_all()
    finally:
        deployed.ask(f"UPDATE app.alembic_version SET version_num = '{HEAD}'", "appdb")


def test_a_revision_of_another_history_is_told(empty: PlainServer) -> None:
    manage = DbManageService(of(empty))
    manage.create_all()
    empty.ask("UPDATE app.alembic_version SET version_num = 'shop_0001'")
    said = r"^app_db\.migrations: Can't locate revision identified by 'shop_0001'"
    with pytest.raises(AppDbError, match=said):
        manage.create_all()
