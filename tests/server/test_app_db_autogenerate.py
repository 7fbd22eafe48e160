"""Models beside PostgreSQL: what is written from them is clean, and stays it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.server.checkout import ROOT, Checkout
from tests.server.plain import PlainServer

Alembic = Callable[..., str]

MODELS = r'''
import enum
from typing import Any, ClassVar
from sqlalchemy import ARRAY, JSON, CheckConstraint, Column, Computed, Enum, Index, Integer, String
from sqlalchemy import Table, Uuid, ForeignKey, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlmodel import Field
from app_db import Entity, EntityTable

class Diet(enum.StrEnum):
    MEAT = "meat"
    PLANTS = "plants"

class Mood(enum.Enum):
    CALM = "it's 100% :calm"
    SOSO = "so so"

def default(value: Any) -> Any:
    return Field(default="x", sa_column_kwargs={"server_default": value})

class Animal(Entity):
    diet: Diet = Field(default=Diet.PLANTS, sa_column_kwargs={"server_default": "PLANTS"})
    mood: Mood = Field(default=Mood.CALM, sa_type=Enum(
        Mood, values_callable=lambda kind: [one.value for one in kind], name="mood", schema="app"))
    diets: list[str] = Field(default=[], sa_type=ARRAY(Enum(Diet, name="diet", schema="app")))
    n: int = 0
    apostrophe: str = default("it's")
    first: str = default("'tis")
    quoted: str = default("'so'")
    backslash: str = default("C:\\new")
    percent: str = default(text("'100%'"))
    percents: str = default("100%%")
    colon: str = default("a:b")
    made: str = default(text("'a' || 'b'"))
    settings: dict[str, Any] = Field(default={}, sa_type=JSONB, sa_column_kwargs={
        "server_default": text("""'{"dark"\\:true}'""")})
    plain: dict[str, Any] = Field(default={}, sa_type=JSON, sa_column_kwargs={
        "server_default": text("""'{"dark"\\:true}'::json""")})

class AnimalTable(EntityTable, Animal, table=True):
    __tablename__ = "animals"
    __table_args__: ClassVar = (
        CheckConstraint("n % 2 = 0", name="even"),
        CheckConstraint("apostrophe <> '%' AND apostrophe <> 'a:b'", name="odd's"),
        Index("ix_half", "n", postgresql_where=text("n % 3 = 0")),
        Index("ix_percent", text("(n % 5)")),
        Index("ix colon:x", "colon"),
    )

class Group(Entity):
    order: str = default("user")

class GroupTable(EntityTable, Group, table=True):
    __tablename__ = "group"

class Line(Entity):
    n: int = Field(default=0, index=True)

class LineTable(EntityTable, Line, table=True):
    __tablename__ = "orderLines"

class Odd(Entity):
    n: int = 0

class OddTable(EntityTable, Odd, table=True):
    __tablename__ = 'it\'s "50%" of:a'

class Bill(Entity):
    n: int = Field(default=0, index=True)

class BillTable(EntityTable, Bill, table=True):
    __tablename__ = "bills"
    __table_args__: ClassVar = {"schema": "stats"}

class Open(Entity):
    n: int = 0

class OpenTable(EntityTable, Open, table=True):
    __tablename__ = "open"
    __table_args__: ClassVar = {"schema": "public"}
'''
CORE = """
import sqlalchemy as sa
from app_db import EntityTable

links = sa.Table("links", EntityTable.metadata, sa.Column("id", sa.Integer, primary_key=True),
                 sa.Column("animal_id", sa.ForeignKey("app.animals.id")))
"""
BASE = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from app_db import EntityTable

class Base(DeclarativeBase):
    metadata = EntityTable.metadata

class Visit(Base):
    __tablename__ = "visits"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
SCHEMAS = """
CREATE SCHEMA stats AUTHORIZATION appowner; GRANT CREATE, USAGE ON SCHEMA public TO appowner;
CREATE TABLE stats.of_others (n int); CREATE TABLE public.of_others (n int)
"""


@pytest.fixture(scope="module")
def server(deployed: Checkout) -> Iterator[PlainServer]:
    server = PlainServer(deployed.bin)
    server.ask(SCHEMAS)
    yield server
    server.remove()


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    """A package with models that are hard to compare, and no revision."""
    package = tmp_path / "zoo"
    (package / "migrations" / "versions").mkdir(parents=True)
    for folder in (package, package / "migrations"):
        (folder / "__init__.py").touch()
    env = "from app_db.alembic_env import run\nrun('zoo')\n"
    (package / "migrations" / "env.py").write_text(env)
    template = (ROOT / "app_db" / "migrations" / "script.py.mako").read_text()
    (package / "migrations" / "script.py.mako").write_text(template)
    for name, text in (("models", MODELS), ("core", CORE), ("base", BASE)):
        (package / f"{name}.py").write_text(text)
    location = f"script_location = {str(package / 'migrations')!r}\n"
    (tmp_path / "pyproject.toml").write_text(
        f"[tool.alembic]\n{location}prepend_sys_path = [{str(tmp_path)!r}]\n"
    )
    (tmp_path / "config.yaml").write_text("database:\n  password_file:\n")
    return package


@pytest.fixture
def alembic(zoo: Path, server: PlainServer) -> Alembic:
    """Alembic as it is typed beside the package."""

    def alembic(*words: str, code: int = 0) -> str:
        env = {**os.environ, "DATABASE_URL": server.url(), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-W", "error", "-m", "alembic", *words]
        done = subprocess.run(command, env=env, cwd=zoo.parent, capture_output=True, text=True,
                              check=False)  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    return alembic


def written(zoo: Path, revision: str) -> str:
    (file,) = (zoo / "migrations" / "versions").glob(f"{revision}_*.py")
    return file.read_text()


CLEAN = "No new upgrade operations detected"


def test_what_is_written_from_models_is_clean(
    zoo: Path, alembic: Alembic, server: PlainServer
) -> None:
    alembic("revision", "--autogenerate", "-m", "All", "--rev-id", "zoo_0001")
    text = written(zoo, "zoo_0001")
    assert "of_others" not in text
    assert "'now()'" not in text  # SQLite has none
    for found in ("n % 2 = 0", "'100%'", "'links'", "'visits'", "'bills'", "sa.func.now()"):
        assert found in text
    sql = alembic("upgrade", "head", "--sql")
    alembic("upgrade", "head")
    assert CLEAN in alembic("check")
    server.ask("DROP SCHEMA app CASCADE; DROP TABLE stats.bills, public.open;"
               "CREATE SCHEMA app AUTHORIZATION appowner")  # fmt: skip
    server.ask(f"SET ROLE appowner; SET search_path = app; {sql.partition('BEGIN;')[2]}")
    assert CLEAN in alembic("check")
    models = (zoo / "models.py").read_text()
    more = models.replace(
        '    MEAT = "meat"', '    FISH = "fi:sh"\n    MEAT = "meat"\n    ALL = "all"'
    )
    more = more.replace("class Group(Entity):", "class Group(Entity):\n    other: Other = Other.A")
    more = more.replace("class Mood", "class Other(enum.Enum):\n    A = 1\n\nclass Mood")
    (zoo / "models.py").write_text(more)
    assert "add_enum_label" in alembic("check", code=255)
    alembic("revision", "--autogenerate", "-m", "More", "--rev-id", "zoo_0002")
    alembic("upgrade", "head")
    assert CLEAN in alembic("check")
    labels = "SELECT string_agg(enumlabel, ' ' ORDER BY enumsortorder) FROM pg_enum "
    assert server.ask(f"{labels} WHERE enumtypid = 'app.diet'::regtype") == "FISH MEAT ALL PLANTS"
