"""What a stranger or a role takes of what all share: connections, the disk, the queue, the log."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from psycopg.errors import ConfigurationLimitExceeded, InsufficientPrivilege, ProgramLimitExceeded

from tests.server.checkout import Checkout, until
from tests.server.stranger import HalfOpen

CONNECTIONS, QUEUE_PAGES = 8, 64


def tight_options(version: int) -> dict[str, object]:
    """Little of everything, so that a test reaches the ends of it."""
    settings: dict[str, object] = {"max_slot_wal_keep_size": "32MB"}
    if version >= 17:
        settings["max_notify_queue_pages"] = QUEUE_PAGES
    return {
        "max_connections": CONNECTIONS, "pool_size": 2, "max_overflow": 0, "spare_connections": 2,
        "temporal_connections": 1, "backup_connections": 1, "superuser_reserved_connections": 1,
        "authentication_timeout": "5s",
        "temp_file_limit": "4MB", "maintenance_work_mem": "1MB", "settings": settings,
    }  # fmt: skip


DATABASES = ("appdb", "temporal", "temporal_visibility")
LOGINS = {"appuser": "appdb", "backupuser": "appdb", "temporaluser": "temporal"}
SORT = "SELECT count(*) FROM (SELECT g FROM generate_series(1, 200000) g ORDER BY md5(g::text)) x"
FILL = "SELECT pg_notify('x', repeat('y', 7900) || g) FROM generate_series(1, 100) g"
LARGE = '''"""A table whose index needs more room than a login role may take."""

from alembic import op

revision = "large"
down_revision = "app_db_0003"


def upgrade() -> None:
    rows = "SELECT md5(g::text) AS t FROM generate_series(1, 200000) g"
    op.execute(f"CREATE TABLE app.large AS {rows}")
    op.execute("CREATE INDEX large_t ON app.large (t)")


def downgrade() -> None:
    op.execute("DROP TABLE app.large")
'''


@pytest.fixture(scope="module")
def tight(deployed: Checkout) -> Iterator[Checkout]:
    """A converged cluster that has little of everything."""
    deployed.inventory(**tight_options(17))
    deployed.deploy()
    yield deployed
    deployed.inventory()
    deployed.deploy()


def test_logins_that_are_not_finished_lose_their_slots(tight: Checkout) -> None:
    """They keep everybody out, the superuser too, until the server ends them by itself."""
    ended = "canceling authentication due to timeout"
    before = tight.log.count(ended)
    with ExitStack() as stack:
        held = []
        while (login := stack.enter_context(HalfOpen(tight.address, tight.port))).asked:
            held.append(login)
        assert b"sorry, too many clients already" in login.said
        assert len(held) >= CONNECTIONS
        assert "too many clients" in tight.login("appuser", "appdb").stderr
        with pytest.raises(AssertionError, match="too many clients"):
            tight.ask("SELECT 1")
        until(lambda: tight.log.count(ended) - before >= len(held))
        assert tight.login("appuser", "appdb").returncode == 0
    assert tight.ask("SHOW authentication_timeout") == "5s"


def test_a_sort_has_an_end(tight: Checkout) -> None:
    """Nor can the role give itself more."""
    for role, database in LOGINS.items():
        with tight.session(role, database) as session:
            with pytest.raises(ConfigurationLimitExceeded, match="temp_file_limit"):
                session.execute(SORT)
            with pytest.raises(InsufficientPrivilege):
                session.execute("SET temp_file_limit = -1")
    assert tight.ask(f"SHOW temp_file_limit; {SORT}") == "-1\n200000"


def test_index_of_a_migration_has_none(tight: Checkout) -> None:
    revision = tight.folder / "app_db" / "migrations" / "versions" / "0004_large.py"
    revision.write_text(LARGE)
    assert "Migrate the schema" in tight.deploy().changed
    tight.ask("UPDATE app.alembic_version SET version_num = 'app_db_0003'; DROP INDEX app.large_t",
              "appdb")  # fmt: skip
    revision.unlink()
    # the same build, as a login role's session would make it
    build = "SET temp_file_limit = '4MB'; CREATE INDEX ON app.large (t)"
    with pytest.raises(AssertionError, match="temp_file_limit"):
        tight.ask(build, "appdb")
    tight.ask("DROP TABLE app.large", "appdb")


def test_queue_of_notify_is_bounded_and_watched(tight: Checkout) -> None:
    """From 17 on. NOTIFY has no privilege; one statement and one session that listens fill it."""
    if int(tight.ask("SHOW server_version_num")) < 170000:
        pytest.skip("8 GB, whatever is set")
    used = "SELECT pg_notification_queue_usage()"
    size = "SELECT sum(size) FROM pg_ls_dir('pg_notify') f, pg_stat_file('pg_notify/' || f)"
    listens = tight.session("appuser", "appdb")
    listens.execute("LISTEN x")
    with tight.session("appuser", "appdb") as sends:
        # it fails, and what it has sent stays: nobody is woken to read it
        with pytest.raises(ProgramLimitExceeded, match="too many notifications"):
            sends.execute(FILL)
        with pytest.raises(ProgramLimitExceeded):
            sends.execute("NOTIFY x")
        assert int(tight.ask(size)) <= QUEUE_PAGES * 8192
        said = tight.pyinfra("-y", "deploy.py").output
        assert "reported: the queue of NOTIFY is 100% full" in said
        assert tight.verify("-k", "notified").returncode == 1
        listens.close()
        until(lambda: tight.ask(used) == "0")
        sends.execute("NOTIFY x")


def test_nobody_writes_wal_without_a_row(tight: Checkout) -> None:
    """By neither form of the function, whatever the version calls them."""
    forms = "SELECT oid FROM pg_proc WHERE proname = 'pg_logical_emit_message'"
    for database in DATABASES:
        assert len(tight.ask(forms, database).splitlines()) == 2
        for role in LOGINS:
            may = f"{forms} AND has_function_privilege('{role}', oid, 'EXECUTE')"
            assert tight.ask(may, database) == ""
    said = tight.login("appuser", "appdb", "SELECT pg_logical_emit_message(false, 'x', 'y')")
    assert "permission denied for function pg_logical_emit_message" in said.stderr


def test_slot_that_nobody_reads_does_not_fill_the_disk(tight: Checkout) -> None:
    tight.ask("SELECT pg_create_physical_replication_slot('left', true)")
    write = "SELECT 1 FROM pg_logical_emit_message(false, 'x', repeat('y', 16000000));"
    for _ in range(6):
        tight.ask(f"{write} SELECT 1 FROM pg_switch_wal(); CHECKPOINT")
    assert tight.ask("SELECT wal_status FROM pg_replication_slots") == "lost"
    tight.ask("SELECT pg_drop_replication_slot('left')")
