"""init-db and alembic on SQLite, as they are typed in the checkout."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import MetaData, text
from sqlmodel import SQLModel

from app_db import BadSettingsError, DbManageService, DbSessionService, User, UserRepository
from app_db.manage import init_db
from app_db.settings import read_settings
from app_db.tables import import_tables
from tests.documents import ROOT, is_shown, shown

URL = "sqlite:///./database.db"
NOUN = '''
"""A word."""
from sqlmodel import Field
from app_db import Entity, EntityTable

class Word(Entity):
    text: str = Field(index=True)

class WordTable(EntityTable, Word, table=True):
    __tablename__ = "words"
'''

PLAIN = '''
"""A word without a history."""
from sqlmodel import Field, SQLModel
from app_db import EntityTable

class WordTable(SQLModel, table=True):
    __tablename__ = "words"
    metadata = EntityTable.metadata
    id: int = Field(primary_key=True)
'''


FIRST = """from alembic import op
revision: str = "one"
down_revision: str | None = None


def upgrade() -> None:
    op.create_table(
        "users",
        schema="app",
    )
    op.create_index("ix_é", "users", ["a"], schema="app"); touch("users")
    op.create_index("ix", "orders", ["a"], schema="app")
    op.execute("users"); touch("users")


def downgrade() -> None:
    op.drop_index("ix_users", table_name="users", schema="app")
    op.drop_table("users", schema="app")
"""
JOINED = """from alembic import op
revision: str = "one"
down_revision: str | None = 'app_db_0003'


def upgrade() -> None:
    op.create_index("ix", "orders", ["a"], schema="app")
    op.execute("users"); pass


def downgrade() -> None:
    pass
"""

REVISION = '''
"""Two statements."""
from alembic import op

revision = "app_db_{0}"
down_revision = "app_db_{1:04}"

def upgrade():
    op.execute("CREATE TABLE app.t{0} (a int)")
    op.execute("{2}")
'''


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files that `alembic` needs."""
    folder = tmp_path / "checkout"
    shutil.copytree(
        ROOT / "app_db", folder / "app_db", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy2(ROOT / "pyproject.toml", folder)
    return folder


def run(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "DATABASE_URL": URL, **env},
        check=False,
    )


def test_init_db_brings_sqlite_to_the_head(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", URL)
    ann = User(first_name="Ann", last_name="Smith")
    assert init_db() == 0
    with DbSessionService().session_scope() as session:
        UserRepository(session).create(ann)
    assert init_db() == 0
    assert capsys.readouterr().out == "the schema is at app_db_0003\n" * 2
    with DbSessionService().session_scope() as session:
        assert UserRepository(session).exists(ann.id)


def test_a_mistake_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert init_db() == 1
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/missing/database.db")
    assert init_db() == 1
    monkeypatch.setenv("DATABASE_MIGRATIONS", "app_db")
    assert init_db() == 1
    monkeypatch.setenv("DATABASE_MIGRATIONS", "nowhere.migrations")
    assert init_db() == 1
    first, second, third, fourth = capsys.readouterr().err.splitlines()
    assert first.startswith("init-db: no database is named; set DATABASE_URL")
    assert second.startswith("init-db: unable to open database")
    assert third == "init-db: database.migrations is 'app_db': no package with Alembic's env.py"
    assert fourth == (
        "init-db: database.migrations is 'nowhere.migrations', which cannot be imported "
        "(ModuleNotFoundError: No module named 'nowhere'); install it beside app_db, or name "
        "another"
    )


def test_alembic_without_the_package_is_one_line(checkout: Path) -> None:
    env = checkout / "app_db" / "migrations" / "env.py"
    env.write_text("from app_db.alembic_env import run\nrun('nowhere.deep')\n")
    done = run(checkout, "-m", "alembic", "upgrade", "head")
    said = (
        "package 'nowhere.deep' cannot be imported (ModuleNotFoundError: No module named 'nowhere')"
    )
    assert done.stdout.startswith(f"FAILED: {said}; install it beside app_db")
    assert done.stderr == ""


def test_two_histories_are_joined(tmp_path: Path) -> None:
    """A revision that makes other tables too loses only what app_db's have."""
    package = tmp_path / "shop"
    (package / "migrations" / "versions").mkdir(parents=True)
    for folder in (package, package / "migrations"):
        (folder / "__init__.py").touch()
    (package / "migrations" / "env.py").touch()
    first = package / "migrations" / "versions" / "one.py"
    first.write_text(FIRST)
    for said in (
        "continues app_db's history now, after app_db_0003",
        "continues app_db's history al",
    ):
        done = run(tmp_path, "-m", "app_db.join", "shop.migrations", PYTHONPATH=str(ROOT))
        assert (done.returncode, done.stderr) == (0, "")
        assert said in done.stdout
    assert first.read_text() == JOINED
    for words, said in (
        (["shop.nowhere"], "no package with Alembic's env.py"),
        (["nowhere.migrations"], "cannot be imported"),
        (["app_db.migrations"], "is app_db's own history"),
        ([], "name your history"),
    ):
        done = run(tmp_path, "-m", "app_db.join", *words, PYTHONPATH=str(ROOT))
        assert (done.returncode, done.stdout) == (1, "")
        assert said in done.stderr
        assert "Traceback" not in done.stderr


def test_the_commands_of_the_specification_work_in_the_checkout(checkout: Path) -> None:
    assert run(checkout, "-m", "alembic", "upgrade", "head").returncode == 0
    (checkout / "app_db" / "word.py").write_text(NOUN)
    done = run(checkout, "-m", "alembic", "revision", "--autogenerate", "-m", "Words")
    assert done.returncode == 0, done.stderr
    (file,) = (checkout / "app_db" / "migrations" / "versions").glob("*_words.py")
    written = file.read_text()
    for line in (
        "op.create_table('words',",
        "sa.Column('created_at', sa.DateTime(timezone=True),",
        "sa.Column('text', sa.String(), nullable=False)",
        "op.create_index(op.f('ix_words_created_at_id'), 'words', ['created_at', 'id'],",
        "schema='app'",
        'touch("words")',
    ):
        assert line in written
    for words in (["upgrade", "head"], ["check"]):
        done = run(checkout, "-m", "alembic", *words)
        assert done.returncode == 0, done.stderr
    DbSessionService.reset()
    service = DbSessionService(read_settings(url=f"sqlite:///{checkout}/database.db"))
    with service.session_scope() as session:
        session.execute(text("INSERT INTO app.words (id, text) VALUES ('1', 'a')"))
        session.execute(text("UPDATE app.words SET text = 'b'"))
        assert session.execute(text("SELECT version FROM app.words")).scalar() == 2


def test_models_ahead_of_the_history_are_told(checkout: Path) -> None:
    (message,) = shown("migrations.md", "The models are ahead of the history")
    assert run(checkout, "-m", "alembic", "upgrade", "head").returncode == 0
    (checkout / "app_db" / "word.py").write_text(NOUN)
    behind = run(checkout, "-m", "alembic", "check")
    assert behind.returncode != 0
    assert is_shown(message, behind.stdout + behind.stderr)
    for words in (["revision", "--autogenerate", "-m", "What it adds"], ["upgrade", "head"]):
        assert run(checkout, "-m", "alembic", *words).returncode == 0
    assert run(checkout, "-m", "alembic", "check").returncode == 0


def test_a_table_without_versions_gets_no_trigger(checkout: Path) -> None:
    run(checkout, "-m", "alembic", "upgrade", "head")
    (checkout / "app_db" / "word.py").write_text(PLAIN)
    done = run(checkout, "-m", "alembic", "revision", "--autogenerate", "-m", "Words")
    assert done.returncode == 0, done.stderr
    (file,) = (checkout / "app_db" / "migrations" / "versions").glob("*_words.py")
    assert "create_table" in file.read_text()
    assert "touch" not in file.read_text()


def test_tables_are_found_and_nothing_else_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "mine_to_find"
    (package / "nouns").mkdir(parents=True)
    base = "class Base:\n    def __init_subclass__(cls, table=False, frozen=False): pass\n\n"
    (package / "__init__.py").touch()
    (package / "nouns" / "__init__.py").write_text(base + "class Noun(Base, table=True): pass\n")
    (package / "nouns" / "frozen.py").write_text(base + "class Noun(Base, frozen=True): pass\n")
    (package / "nouns" / "word.py").write_text(base + "class Word(Base, table=True): pass\n")
    (package / "nouns" / "entity.py").write_text(base + "class Word(Base, table=False): pass\n")
    core = "import sqlalchemy as sa\nlinks = sa.Table('links', sa.MetaData())\n"
    (package / "nouns" / "core.py").write_text(core)
    base = "from sqlalchemy.orm import Mapped\n"
    (package / "nouns" / "base.py").write_text(base)
    started = "from sqlalchemy import text\nfrom rich.table import Table\nTable('x')\n"
    (package / "main.py").write_text(started)
    (package / "history" / "versions").mkdir(parents=True)
    (package / "history" / "env.py").touch()
    (package / "history" / "versions" / "one.py").write_text(f"{core}raise RuntimeError\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import_tables("mine_to_find")
    found = {name for name in sys.modules if name.startswith("mine_to_find")}
    nouns = {
        "mine_to_find.nouns",
        *(f"mine_to_find.nouns.{one}" for one in ("base", "core", "word")),
    }
    assert found == {"mine_to_find", *nouns}
    with pytest.raises(
        BadSettingsError, match="no package 'nowhere_to_find' is importable; name the"
    ):
        import_tables("nowhere_to_find")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("revision = 'b'\ndown_revision = 'app_db_0002'", "multiple head"),
        ("revision = 'b'\ndown_revision = 'nowhere'", "nowhere"),
        ("revision = ", "invalid syntax"),
    ],
)
def test_a_history_that_is_broken_is_one_line(checkout: Path, text: str, said: str) -> None:
    (checkout / "app_db" / "migrations" / "versions" / "b.py").write_text(text)
    code = "from app_db.manage import init_db; raise SystemExit(init_db())"
    done = run(checkout, "-W", "ignore", "-c", code)  # Alembic warns, too
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    line = done.stderr.splitlines()[-1]
    assert line.startswith("init-db: app_db.migrations: ")
    assert said in line


def test_a_history_without_revisions_is_told(checkout: Path) -> None:
    shutil.rmtree(checkout / "app_db" / "migrations" / "versions")
    done = run(checkout, "-c", "from app_db.manage import init_db; raise SystemExit(init_db())")
    assert done.stderr == "init-db: app_db.migrations has no revision yet\n"


CORE = "import sqlalchemy as sa\nWordTable = sa.Table('words', sa.MetaData())\n"
BASE = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class Base(DeclarativeBase): pass
class WordTable(Base):
    __tablename__ = "words"
    id: Mapped[int] = mapped_column(primary_key=True)
"""


@pytest.mark.parametrize(
    "text", [PLAIN.replace("    metadata = EntityTable.metadata\n", ""), CORE, BASE]
)
def test_a_table_that_no_revision_would_have_is_refused(checkout: Path, text: str) -> None:
    (checkout / "app_db" / "word.py").write_text(text)
    done = run(checkout, "-m", "alembic", "upgrade", "head")
    assert "FAILED: app_db.word.WordTable is in no history: it needs EntityTable as" in done.stdout


NAMES = """
from app_db import Entity, EntityTable

class Group(Entity):
    n: int = 0

class GroupTable(EntityTable, Group, table=True):
    __tablename__ = "group"

class LineTable(EntityTable, Group, table=True):
    __tablename__ = 'order "Lines" of:5%'
"""


def test_names_may_need_quotes_on_sqlite(checkout: Path) -> None:
    run(checkout, "-m", "alembic", "upgrade", "head")
    (checkout / "app_db" / "word.py").write_text(NAMES)
    for words in (["revision", "--autogenerate", "-m", "Names"], ["upgrade", "head"], ["check"]):
        done = run(checkout, "-m", "alembic", *words)
        assert done.returncode == 0, done.stderr
    with sqlite3.connect(checkout / "database.db") as database:
        for table in ('"group"', '"order ""Lines"" of:5%"'):
            database.execute(f"INSERT INTO {table} (id, n) VALUES ('1', 1)")
            database.execute(f"UPDATE {table} SET n = 2")
            assert database.execute(f"SELECT version FROM {table}").fetchall() == [(2,)]
    database.close()


def test_a_reference_to_users_brings_their_table(tmp_path: Path) -> None:
    """Whoever imports EntityTable from app_db has not imported UserTable."""
    folder = tmp_path / "shop"
    (folder / "shop").mkdir(parents=True)
    (folder / "shop" / "__init__.py").touch()
    (folder / "shop" / "word.py").write_text(
        NOUN.replace(
            "    text: str = Field(index=True)\n",
            "    user_id: UUID = Field(foreign_key='app.users.id')\n",
        ).replace("from sqlmodel", "from uuid import UUID\nfrom sqlmodel")
    )
    code = (
        "from app_db.tables import *; from app_db.entity import EntityTable as E; "
        "import_tables('shop'); import_referred(E.metadata); print(sorted(E.metadata.tables))"
    )
    done = run(folder, "-c", f"import sys; sys.path[:0] = ['.', {str(ROOT)!r}]; {code}")
    assert done.stdout == "['app.user_identities', 'app.users', 'app.words']\n", done.stderr


def test_a_revision_that_fails_leaves_nothing_and_keeps_those_before(checkout: Path) -> None:
    versions = checkout / "app_db" / "migrations" / "versions"
    for number, second in (("0004", "SELECT 1"), ("0005", "SELECT nonsense")):
        (versions / f"{number}.py").write_text(REVISION.format(number, int(number) - 1, second))
    assert run(checkout, "-m", "alembic", "upgrade", "head").returncode != 0
    found = sqlite3.connect(checkout / "database.db").execute("SELECT name FROM sqlite_schema")
    assert {"t0004", "t0005"} & {name for (name,) in found} == {"t0004"}
    assert "app_db_0004" in run(checkout, "-m", "alembic", "current").stdout


def test_a_path_may_have_a_percent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "100%(a)s"
    shutil.copytree(ROOT / "app_db" / "migrations", folder / "history_of_mine")
    monkeypatch.syspath_prepend(str(folder))
    settings = read_settings(url=URL, migrations="history_of_mine")
    assert DbManageService(settings).create_all() == "app_db_0003"


def test_tables_without_a_schema_are_refused() -> None:
    """They would be in memory, and gone with their connection."""
    service = DbSessionService(read_settings(url=URL))
    with pytest.raises(Exception, match="not authorized"), service.session_scope() as session:
        session.execute(text("CREATE TABLE t (a int)"))
    with service.session_scope() as session:
        session.execute(text("CREATE TABLE app.t (a int)"))


def test_a_broken_reference_is_told(checkout: Path) -> None:
    run(checkout, "-m", "alembic", "upgrade", "app_db_0001")
    break_it = (
        "import sqlite3; c = sqlite3.connect('database.db'); c.execute(\"INSERT INTO "
        "user_identities (id, user_id, provider, subject) VALUES ('1', '2', 'a', 'b')\"); "
        "c.commit()"
    )
    assert run(checkout, "-c", break_it).returncode == 0
    done = run(checkout, "-m", "alembic", "upgrade", "head")
    assert "FAILED: rows without what they refer to" in done.stdout + done.stderr


def test_the_metadata_are_not_sqlmodels() -> None:
    assert isinstance(SQLModel.metadata, MetaData)
    assert DbManageService(read_settings(url=URL)).head() == "app_db_0003"
