"""The application's schema: its own Alembic environment, by one word in the inventory."""

import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.matrix import sampled
from tests.server.checkout import Checkout, until

INVALID = "SELECT relname FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE NOT indisvalid"
VERSIONS = "examples/shop/shop/migrations/versions"


@pytest.fixture
def shop(bare: Checkout) -> Checkout:
    """A checkout that deploys examples/shop, as far as its first revision."""
    (bare.folder / "later").mkdir()
    for file in bare.folder.glob(f"{VERSIONS}/*.py"):
        if not file.name.startswith("0001"):
            file.rename(bare.folder / "later" / file.name)
    bare.inventory(schema="shop.migrations")
    return bare


def path(checkout: Checkout) -> dict[str, str]:
    return {"PYTHONPATH": str(checkout.folder / "examples" / "shop")}


def upgrade(checkout: Checkout) -> None:
    shutil.copytree(checkout.folder / "later", checkout.folder / VERSIONS, dirs_exist_ok=True)


def second(checkout: Checkout) -> Path:
    (file,) = checkout.folder.glob("later/0002*.py")
    return file


def test_shop_is_deployed_used_dumped_and_upgraded(shop: Checkout, tmp_path: Path) -> None:
    shop.deploy(env=path(shop))
    columns, row = "id, name, price_cents, stock", "gen_random_uuid(), 'Tea', 350, 2"
    insert = f"INSERT INTO products ({columns}) VALUES ({row})"
    written = shop.login("appuser", "appdb", f"{insert}; SELECT name FROM products")
    assert written.stdout.strip() == "Tea", written.stderr
    dsn = f"host=127.0.0.1 port={shop.port} dbname=appdb user=backupuser sslmode=require"
    dump = [str(shop.bin / "pg_dump"), "-f", str(tmp_path / "dump"), dsn]
    dumped = shop.run(dump, env={"PGPASSWORD": shop.password("backupuser")})
    assert dumped.returncode == 0, dumped.stderr
    assert "Tea" in (tmp_path / "dump").read_text()
    upgrade(shop)
    assert "CREATE INDEX CONCURRENTLY" in shop.pyinfra("--dry", "deploy.py", env=path(shop)).output
    assert shop.deploy(env=path(shop)).changed == ["Migrate the schema"]
    assert shop.deploy(env=path(shop)).changed == []
    assert shop.login("appuser", "appdb", "SELECT name FROM products").stdout.strip() == "Tea"
    owners = shop.ask("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'app'", "appdb")
    assert owners == "appowner"


def test_somebody_migrates_at_the_same_time(shop: Checkout) -> None:
    shop.deploy(env=path(shop))
    upgrade(shop)
    lock = """SELECT pg_advisory_lock(hashtext('howdah.migrate'));
        DO $$ BEGIN PERFORM pg_sleep(300); EXCEPTION WHEN query_canceled THEN END $$"""
    holder = threading.Thread(target=shop.ask, args=(lock, "appdb"))
    holder.start()
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
    until(lambda: shop.ask(held) == "1")
    try:
        assert "another session migrates this database" in shop.refused(env=path(shop))
    finally:
        shop.ask("SELECT pg_cancel_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
        holder.join()
    shop.deploy(env=path(shop))


def test_revision_of_another_application(shop: Checkout) -> None:
    shop.deploy(env=path(shop))
    shop.inventory()
    said = shop.refused()
    assert "the server is at revision 'shop_0001', which app_db.migrations does not have" in said


def test_revision_that_needs_a_connection(shop: Checkout) -> None:
    later = second(shop).read_text()
    changed = later.replace("def upgrade() -> None:", "def upgrade() -> None:\n"
                            "    op.get_bind().execute(sa.text('SELECT 1')).scalar()")  # fmt: skip
    assert changed != later
    second(shop).write_text(changed)
    upgrade(shop)
    assert "uses the database while it is rendered offline" in shop.refused(env=path(shop))
    assert not shop.home.exists()


@pytest.mark.parametrize("killed", sampled(["the controller", "the server"], ["the server"]))
def test_killed_while_it_builds_an_index(shop: Checkout, killed: str) -> None:
    shop.deploy(env=path(shop))
    upgrade(shop)
    with writing(shop) as writer, shop.start(env=path(shop)) as run:
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'virtualxid'"
        until(lambda: shop.ask(waiting) == "1")
        assert shop.ask(INVALID, "appdb") == "ix_products_name"
        os.kill(run.pid if killed == "the controller" else shop.pid, signal.SIGKILL)
        run.communicate(timeout=60)
        assert run.returncode != 0
        writer.close()
    shop.deploy(env=path(shop))
    assert shop.ask(INVALID, "appdb") == ""
    assert shop.ask("TABLE app.alembic_version", "appdb") == "shop_0004"
    assert shop.deploy(env=path(shop)).changed == []


@contextmanager
def writing(shop: Checkout) -> Iterator[psycopg.Connection]:
    """A transaction that an index has to wait for."""
    login: dict[str, Any] = {
        "password": shop.password("appuser"),
        "sslrootcert": shop.secrets / "ca.crt",
    }
    with psycopg.connect(host="127.0.0.1", port=shop.port, dbname="appdb", user="appuser",
                         sslmode="verify-full", **login) as writer:  # fmt: skip
        writer.execute("INSERT INTO products (id, name, price_cents, stock) "
                       "VALUES (gen_random_uuid(), 'Tea', 350, 2)")  # fmt: skip
        yield writer


def test_failing_migration_leaves_what_was_there(shop: Checkout) -> None:
    shop.deploy(env=path(shop))
    later = second(shop).read_text()
    broken = later.replace("def upgrade() -> None:",
                           "def upgrade() -> None:\n    op.execute('SELECT nonsense')")  # fmt: skip
    second(shop).write_text(broken)
    upgrade(shop)
    assert "nonsense" in shop.refused(env=path(shop))
    assert shop.ask("TABLE app.alembic_version", "appdb") == "shop_0001"
    second(shop).write_text(later)
    upgrade(shop)
    shop.deploy(env=path(shop))
    assert shop.deploy(env=path(shop)).changed == []


ZOO = """
import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = {down!r}


def upgrade():
    {upgrade}


def downgrade():
    pass
"""
ENV = "from app_db.alembic_env import run\nrun('zoo')\n"
TEXT = "it's 100% {x} \\ :a \r\n\ttab \r -- é"


@pytest.fixture
def zoo(bare: Checkout) -> Checkout:
    """A checkout that deploys a history of two branches, as far as the first of them."""
    versions = bare.folder / "zoo" / "migrations" / "versions"
    versions.mkdir(parents=True)
    for folder in (versions.parent, versions.parents[1]):
        (folder / "__init__.py").touch()
    (versions.parent / "env.py").write_text(ENV)
    animals = "op.create_table('animals', sa.Column('name', sa.String), schema='app')\n"
    rows = (
        f"sa.table('animals', sa.column('name', sa.String), schema='app'), [{{'name': {TEXT!r}}}]"
    )
    step(bare, "zoo", None, f"{animals}    op.bulk_insert({rows})")
    step(bare, "c1", "zoo")
    bare.inventory(schema="zoo.migrations")
    return bare


def step(checkout: Checkout, name: str, down: object, upgrade: str = "pass") -> None:
    text = ZOO.format(name=name, down=down, upgrade=upgrade)
    (checkout.folder / "zoo" / "migrations" / "versions" / f"{name}.py").write_text(text)


def test_a_merge_that_is_interrupted_is_finished_by_the_next_deploy(zoo: Checkout) -> None:
    zoo.deploy()
    ours = "SELECT convert_to(name, 'UTF8') FROM app.animals"
    assert bytes.fromhex(zoo.ask(ours, "appdb").removeprefix("\\x")).decode() == TEXT
    step(zoo, "d1", "zoo", "op.create_table('d1', sa.Column('n', sa.Integer), schema='app')")
    step(zoo, "m2", ("c1", "d1"), "op.execute('SELECT nonsense')")
    assert "nonsense" in zoo.refused()
    rows = "SELECT string_agg(version_num, ' ' ORDER BY 1) FROM app.alembic_version"
    assert zoo.ask(rows, "appdb") == "c1 d1"
    step(
        zoo,
        "m2",
        ("c1", "d1"),
        "op.add_column('animals', sa.Column('n', sa.Integer), schema='app')",
    )
    assert "from c1 and d1 to m2" in zoo.shown()
    assert zoo.deploy().changed == ["Migrate the schema"]
    assert zoo.ask(rows, "appdb") == "m2"
    assert zoo.deploy().changed == []


def test_a_name_that_is_too_long_is_refused_before_a_host_is_touched(zoo: Checkout) -> None:
    step(zoo, "zoo_0007_add_customer_notification_preferences", "c1")
    said = "has 46 characters; app.alembic_version holds 32"
    assert said in " ".join(zoo.refused().split())
    assert said in " ".join(zoo.pyinfra("--dry", "deploy.py").output.split())
    assert not zoo.home.exists()


HELPDESK = """
from uuid import UUID
from sqlmodel import Field
from app_db import Entity, EntityTable, UserTable

class Ticket(Entity):
    user_id: UUID = Field(foreign_key="app.users.id", index=True)

class TicketTable(EntityTable, Ticket, table=True):
    __tablename__ = "tickets"
"""


@pytest.fixture
def helpdesk(bare: Checkout) -> Checkout:
    """In production with app_db's history, and one of its own beside, written as documented."""
    migrations = bare.folder / "helpdesk" / "migrations"
    (migrations / "versions").mkdir(parents=True)
    for folder in (migrations, migrations.parent):
        (folder / "__init__.py").touch()
    (migrations / "env.py").write_text(ENV.replace("zoo", "helpdesk"))
    shutil.copy2(bare.folder / "app_db" / "migrations" / "script.py.mako", migrations)
    (migrations.parent / "ticket.py").write_text(HELPDESK)
    settings = f"[alembic]\nscript_location = {migrations}\nprepend_sys_path = .\n"
    (bare.folder / "helpdesk.ini").write_text(f"{settings}path_separator = os\n")
    bare.inventory(stage="production", restart=True)
    bare.deploy()
    return bare


def alembic(checkout: Checkout, *words: str) -> str:
    command = [str(checkout.python), "-m", "alembic", "-c", "helpdesk.ini", *words]
    done = checkout.run(command, env={"DATABASE_URL": "sqlite:///./own.db"})
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_history_of_ones_own_continues_the_default_one(helpdesk: Checkout) -> None:
    alembic(helpdesk, "revision", "--autogenerate", "-m", "Tickets", "--rev-id", "helpdesk_0001")
    user = "'00000000-0000-0000-0000-00000000000a', 'Ann', 'Smith', 'ann@example.com'"
    insert = f"INSERT INTO users (id, first_name, last_name, email) VALUES ({user})"
    assert helpdesk.login("appuser", "appdb", insert).returncode == 0
    helpdesk.inventory(stage="production", schema="helpdesk.migrations")
    said = " ".join(helpdesk.refused().split())
    command = ["-m", "app_db.join", "helpdesk.migrations"]
    assert f"`python {' '.join(command)}`" in said
    for _ in range(2):
        joined = helpdesk.run([str(helpdesk.python), *command])
        assert joined.returncode == 0, joined.stderr
    assert "from app_db_0003 to helpdesk_0001" in helpdesk.shown()
    assert helpdesk.deploy().changed == ["Migrate the schema"]
    insert = "INSERT INTO tickets (id, user_id) SELECT gen_random_uuid(), id FROM users"
    found = helpdesk.login("appuser", "appdb", f"{insert}; SELECT email FROM tickets, users")
    assert found.stdout.strip() == "ann@example.com", found.stderr
    assert helpdesk.deploy().changed == []
    (helpdesk.folder / "own.db").unlink(missing_ok=True)
    alembic(helpdesk, "upgrade", "head")
    assert "No new upgrade operations detected" in alembic(helpdesk, "check")
