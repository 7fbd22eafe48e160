"""One database, or one table, as it was; nothing else is touched."""

import time

import pytest

from tests.fleet.single import Single
from tests.fleet.test_backups import COUNT, add, left, pgbackrest, rejected, restored

TABLE = """
CREATE TABLE app.notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text UNIQUE,
    user_id uuid REFERENCES app.users (id));
ALTER TABLE app.notes OWNER TO appowner;
INSERT INTO app.notes (text) SELECT 'note ' || i FROM generate_series(1, 50) AS i
"""
SCHEMA = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'restored%'"


def now(single: Single) -> str:
    """Between what was committed and what will be."""
    time.sleep(0.1)
    sql = "SELECT to_char(clock_timestamp(), 'YYYY-MM-DD HH24:MI:SS.US+00:00')"
    said = single.ask(sql)
    time.sleep(0.1)
    return said


@pytest.fixture(scope="module")
def backed_up(single: Single) -> Single:
    single.inventory(backup="pgbackrest")
    single.deploy("--data", "restart=yes")
    single.ask(TABLE, "appdb")
    add(single, "first", 100)
    return single


def test_lost_table(backed_up: Single) -> None:
    """In a schema of its own; two lines put it back, and the deploy gives the rights."""
    started = backed_up.ask("SELECT pg_postmaster_start_time()")
    at = now(backed_up)
    backed_up.ask("DROP TABLE app.notes", "appdb")
    add(backed_up, "after", 10)
    said = restored(backed_up, at, "TABLE=app.notes")
    assert "not restored: ALTER TABLE app.notes ADD CONSTRAINT notes_user_id_fkey" in said
    schema = backed_up.ask(SCHEMA, "appdb")
    assert backed_up.ask(f"SELECT count(*) FROM {schema}.notes", "appdb") == "50"
    assert backed_up.ask(COUNT, "appdb") == "110"
    backed_up.ask(f"ALTER TABLE {schema}.notes SET SCHEMA app; DROP SCHEMA {schema}", "appdb")
    backed_up.deploy()
    denied, rows = backed_up.enter("appuser", "appdb", "SELECT count(*) FROM app.notes")
    assert (denied, rows) == ("", [(50,)])
    backed_up.ask("INSERT INTO app.notes (text) VALUES ('next')", "appdb")
    assert left(backed_up) == ""
    assert backed_up.ask("SELECT pg_postmaster_start_time()") == started
    assert backed_up.deploy().changed == []


def test_rows_of_a_table_that_is_there(backed_up: Single) -> None:
    """They come beside it."""
    at = now(backed_up)
    backed_up.ask("UPDATE app.notes SET text = 'spoilt ' || id", "appdb")
    restored(backed_up, at, "TABLE=app.notes")
    schema = backed_up.ask(SCHEMA, "appdb")
    back = f"UPDATE app.notes AS n SET text = r.text FROM {schema}.notes AS r WHERE r.id = n.id"
    backed_up.ask(f"{back}; DROP SCHEMA {schema} CASCADE", "appdb")
    assert backed_up.ask("SELECT count(*) FROM app.notes WHERE text LIKE 'note%'", "appdb") == "50"
    assert backed_up.deploy().changed == []


def test_lost_database(backed_up: Single) -> None:
    """The one of now is kept; the other databases go on, and the rights are the same."""
    pgbackrest(backed_up, "check")
    number = backed_up.ask(COUNT, "appdb")
    at = now(backed_up)
    backed_up.ask("CREATE TABLE public.later (id int)", "temporal")
    backed_up.ask("DELETE FROM app.users", "appdb")
    said = restored(backed_up, at, "DATABASE=appdb")
    assert "the database before is appdb_before_" in said
    assert backed_up.enter("appuser", "appdb", "SELECT count(*) FROM app.users")[1] == [
        (int(number),)
    ]
    assert backed_up.ask("SELECT count(*) FROM public.later", "temporal") == "0"
    before = backed_up.ask("SELECT datname FROM pg_database WHERE datname LIKE '%before%'")
    backed_up.ask(f'ALTER DATABASE "{before}" ALLOW_CONNECTIONS true')
    assert backed_up.ask(COUNT, before) == "0"
    backed_up.ask(f'DROP DATABASE "{before}"')
    backed_up.ask("DROP TABLE public.later", "temporal")
    assert left(backed_up) == ""
    assert backed_up.deploy().changed == []


@pytest.mark.all
def test_database_that_was_dropped(backed_up: Single) -> None:
    """Temporal's, with its owner and its extension.

    The files go before DROP commits, and recovery stops at commits: there is one in between.
    """
    at = now(backed_up)
    add(backed_up, "between", 1)
    backed_up.ask("DROP DATABASE temporal_visibility WITH (FORCE)")
    restored(backed_up, at, "DATABASE=temporal_visibility")
    assert backed_up.enter("temporaluser", "temporal_visibility")[0] == ""
    found = backed_up.ask("SELECT count(*) FROM pg_extension WHERE extname = 'btree_gin'",
                          "temporal_visibility")  # fmt: skip
    assert found == "1"
    assert backed_up.deploy().changed == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("restore_table=app.never", "app.never: there was no such table"),
        ("restore_table=notes", "needs its schema too, like app.users"),
        ('restore_table=app.a"b', "needs a name of letters"),
        ("restore_only=postgres", "needs one of appdb, temporal"),
        ("restore_only=never", "needs one of appdb, temporal"),
    ],
)
def test_what_is_none(backed_up: Single, words: str, says: str) -> None:
    said = rejected(backed_up, "newest", "--data", words)
    assert says in said
    assert left(backed_up) == ""
    assert backed_up.ask(COUNT, "appdb") != "0"
