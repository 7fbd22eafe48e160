"""What applications, operators and their tools do with a deployed server: all of it goes on."""

import asyncio
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest
from psycopg_pool import ConnectionPool

from app_db import DbManageService
from tests.server.application import environment, settings
from tests.server.checkout import AS_HOWDAH, ROOT, Checkout

BASES = ("appdb", "temporal", "temporal_visibility")
# As Temporal's schema tool does it: tables, a version table, indexes, a function, generated
# columns, what is altered later, and an extension that is there already.
TEMPORAL = """
CREATE EXTENSION IF NOT EXISTS btree_gin;
CREATE TABLE schema_version (db_name varchar(255), curr_version varchar(64), PRIMARY KEY (db_name));
CREATE TABLE namespaces (id bytea PRIMARY KEY, name varchar(255) UNIQUE NOT NULL,
    data bytea NOT NULL, is_global boolean NOT NULL);
CREATE TABLE executions (shard_id integer, run_id bytea, next_event_id bigint NOT NULL,
    state_encoding varchar(16) NOT NULL, PRIMARY KEY (shard_id, run_id));
CREATE FUNCTION convert_ts(s varchar) RETURNS timestamp LANGUAGE plpgsql IMMUTABLE
    RETURNS NULL ON NULL INPUT AS $$BEGIN RETURN s::timestamptz AT TIME ZONE 'UTC'; END$$;
CREATE TABLE executions_visibility (run_id char(64) PRIMARY KEY, start_time timestamp NOT NULL,
    close_time timestamp, search_attributes jsonb, keyword01 varchar(255)
    GENERATED ALWAYS AS (search_attributes ->> 'Keyword01') STORED, at01 timestamp
    GENERATED ALWAYS AS (convert_ts(search_attributes ->> 'At01')) STORED);
CREATE INDEX by_keyword ON executions_visibility (keyword01,
    (coalesce(close_time, '9999-12-31 23:59:59')) DESC, start_time DESC, run_id);
CREATE INDEX by_attributes ON executions_visibility USING gin (keyword01, search_attributes);
INSERT INTO executions_visibility (run_id, start_time, search_attributes)
    VALUES ('a', now(), '{"Keyword01": "x", "At01": "2026-01-02T03:04:05Z"}');
ALTER TABLE executions ADD COLUMN db_record_version bigint NOT NULL DEFAULT 0,
    ALTER COLUMN state_encoding SET DEFAULT '';
SELECT * FROM executions WHERE shard_id = 1 FOR UPDATE;
"""
ROW = "INSERT INTO users (id, first_name, last_name) VALUES (gen_random_uuid(), 'Ann', 'Smith')"
UNDONE = """
DROP TABLE schema_version, namespaces, executions, executions_visibility; DROP FUNCTION convert_ts
"""


# -- Pools -----------------------------------------------------------------------------------


def test_asyncpgs_pool(deployed: Checkout) -> None:
    """It resets each connection that comes back, by pg_advisory_unlock_all() among others."""
    context = ssl.create_default_context(cafile=str(deployed.secrets / "ca.crt"))

    async def use() -> list[str]:
        async with asyncpg.create_pool(
            host="127.0.0.1", port=deployed.port, database="appdb", user="appuser",
            password=deployed.password("appuser"), ssl=context, min_size=1, max_size=1,
        ) as pool:  # fmt: skip
            async with pool.acquire() as first:
                assert "pg_advisory_unlock_all" in first.get_reset_query()
                await first.execute("SET work_mem = '5MB'")
                before = await first.fetchval("SELECT pg_backend_pid()::text")
            async with pool.acquire() as second:
                shown = await second.fetchval("SHOW work_mem")
                return [before, await second.fetchval("SELECT pg_backend_pid()::text"), shown]

    before, after, shown = asyncio.run(use())
    assert before == after
    assert shown != "5MB"


def test_psycopgs_pool(deployed: Checkout) -> None:
    given = {
        "host": "127.0.0.1", "port": deployed.port, "dbname": "appdb", "user": "appuser",
        "password": deployed.password("appuser"), "sslmode": "verify-full",
        "sslrootcert": str(deployed.secrets / "ca.crt"),
    }  # fmt: skip

    def let_go(client: psycopg.Connection[Any]) -> None:
        client.execute("SELECT pg_advisory_unlock_all()")
        client.commit()

    with ConnectionPool(
        kwargs=given, min_size=1, max_size=1, open=True, reset=let_go, reconnect_timeout=0,
        check=ConnectionPool.check_connection,
    ) as pool:  # fmt: skip
        seen = set()
        for _ in range(3):
            with pool.connection(timeout=30) as client:
                seen.add(client.execute("SELECT pg_backend_pid()").fetchone())
    assert len(seen) == 1


# -- An application that owns its tables -----------------------------------------------------


def test_temporals_schema_over_its_own_login(deployed: Checkout) -> None:
    for base in ("temporal", "temporal_visibility"):
        done = deployed.login("temporaluser", base, TEMPORAL)
        assert done.returncode == 0, done.stderr
        read = deployed.login("backupuser", base, "SELECT at01 FROM executions_visibility")
        assert read.stdout.strip() == "2026-01-02 03:04:05", read.stderr
        undone = deployed.login("temporaluser", base, UNDONE)
        assert undone.returncode == 0, undone.stderr


# -- Who migrates ----------------------------------------------------------------------------


@pytest.fixture
def migrator(converged: Checkout) -> Checkout:
    """A login that may SET ROLE appowner, and inherits nothing of it."""
    converged.ask("GRANT appowner TO appuser")
    assert converged.ask("SELECT rolinherit FROM pg_roles WHERE rolname = 'appuser'") == "f"
    return converged


def test_migrator_that_inherits_nothing(migrator: Checkout) -> None:
    """alembic and init-db take the migration lock as the owner: by itself the login may not."""
    config = {**os.environ, **environment(migrator)}
    command = [Path(sys.executable).parent / "alembic"]
    for words in (["downgrade", "-1"], ["upgrade", "head"], ["check"], ["downgrade", "-1"]):
        done = subprocess.run([*command, *words], cwd=ROOT, env=config, check=False,
                              capture_output=True, text=True)  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    head = DbManageService(settings(migrator)).create_all()
    assert migrator.ask("TABLE app.alembic_version", "appdb") == head


# -- Dumps -----------------------------------------------------------------------------------


@pytest.fixture
def restored(deployed: Checkout) -> Iterator[str]:
    """An empty database of appowner's."""
    deployed.ask("CREATE DATABASE restored OWNER appowner TEMPLATE template0 ENCODING 'UTF8'")
    yield "restored"
    deployed.ask("DROP DATABASE restored")


def tool(checkout: Checkout, *words: str, role: str = "") -> str:
    """pg_dump or pg_restore: over a role's login, else as the superuser over the socket."""
    socket = checkout.pid_file.read_text().splitlines()[4]
    become = AS_HOWDAH if os.geteuid() == 0 and not role else []
    where = ["-h", socket, "-U", "postgres"] if not role else ["-h", "127.0.0.1", "-U", role]
    env = {"PGPASSWORD": checkout.password(role), "PGSSLMODE": "verify-full",
           "PGSSLROOTCERT": str(checkout.secrets / "ca.crt")} if role else {}  # fmt: skip
    command = [*become, str(checkout.bin / words[0]), *where, "-p", str(checkout.port), *words[1:]]
    done = checkout.run(command, env=env)
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture
def open_folder(deployed: Checkout) -> Path:
    """Where the server's OS user reads and writes, too."""
    folder = deployed.folder / "dumps"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    return folder


def test_dump_by_backupuser_is_restored(
    deployed: Checkout, restored: str, open_folder: Path
) -> None:
    """All of it by the superuser, who finds nothing by its search_path that the dump means."""
    deployed.login("appuser", "appdb", ROW)
    dump = open_folder / "whole"
    tool(deployed, "pg_dump", "-Fc", "-f", str(dump), "-d", "appdb", role="backupuser")
    dump.chmod(0o644)
    assert tool(deployed, "pg_restore", "-1", "-d", restored, str(dump)) == ""
    assert deployed.ask("SELECT last_name FROM app.users", restored) == "Smith"
    deployed.ask("DELETE FROM app.users", "appdb")
    takes = "SELECT has_function_privilege('appuser', 'pg_advisory_lock(bigint)', 'EXECUTE')"
    assert deployed.ask(takes, restored) == "f"


def test_dump_and_restore_as_the_owner(
    deployed: Checkout, restored: str, open_folder: Path
) -> None:
    """What the owner owns: schema app, by SET ROLE."""
    deployed.login("appuser", "appdb", ROW)
    dump = open_folder / "owners"
    owner = ("--role=appowner", "-n", "app")
    tool(deployed, "pg_dump", "-Fc", *owner, "-f", str(dump), "-d", "appdb")
    assert tool(deployed, "pg_restore", "-1", *owner[:1], "-d", restored, str(dump)) == ""
    assert deployed.ask("SELECT last_name FROM app.users", restored) == "Smith"
    owners = deployed.ask("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'app'",
                          restored)  # fmt: skip
    assert owners == "appowner"
    deployed.ask("DELETE FROM app.users", "appdb")
