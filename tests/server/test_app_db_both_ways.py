"""A revision that the deploy renders means what it means on a connection, or it is rejected."""

import datetime
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from app_db import DbManageService
from app_db.recorded import UsesDatabaseError
from app_db.settings import read_settings
from deploys.migrate import GUARDED
from deploys.sql import OPTIONS, SINCE_17
from howdah.render_revisions import render
from tests.server.checkout import AS_HOWDAH, Checkout
from tests.server.plain import PlainServer

ENV = """
from sqlalchemy import MetaData
from app_db.alembic_env import run
run(MetaData(schema="app"))
"""
REVISION = """
import datetime, enum
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql as pg

revision = "one"
down_revision = None
{mark}

class Diet(enum.Enum):
    MEAT = "it's meat"
    PLANTS = "plants"

rows = sa.table("rows", sa.column("id", sa.Integer), sa.column("a", sa.String), schema="app")
whole = sa.Table("rows", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True),
                 sa.Column("a", sa.String, default=lambda: "by Python"), schema="app")

def upgrade():
    op.create_table("rows", sa.Column("id", sa.Integer, primary_key=True),
                    sa.Column("a", sa.String), schema="app")
"""
NUMBERS = itertools.count()


class BothWays:
    """Two databases of one server, and what a revision makes of each."""

    def __init__(self, server: PlainServer, folder: Path) -> None:
        self.server, self.folder = server, folder
        for name in ("online", "offline"):
            server.ask(f"CREATE DATABASE {name}")

    def package(self, upgrade: str, mark: str = "") -> str:
        name = f"both{next(NUMBERS)}"
        versions = self.folder / name / "versions"
        versions.mkdir(parents=True)
        (versions.parent / "__init__.py").touch()
        (versions.parent / "env.py").write_text(ENV)
        text = REVISION.format(mark=mark) + indent(upgrade, "    ", bool)
        (versions / "one.py").write_text(text)
        return name

    def online(self, package: str) -> str:
        """The dump of what `alembic upgrade` makes, or its error."""
        self._empty("online")
        url = f"postgresql://postgres@/online?host={self.server.folder}"
        try:
            DbManageService(
                read_settings(url=url, password_file=None, migrations=package)
            ).create_all()
        except Exception as e:
            return f"error {type(e).__name__}: {e}"
        return self._dump("online")

    def offline(self, package: str) -> str:
        """The dump of what the deploy's psql makes, its error, or why it is rejected."""
        self._empty("offline")
        try:
            sql = render(package, ["base"])
        except (Exception, UsesDatabaseError) as e:
            return f"rejected {type(e).__name__}: {e}"
        # As the deploy found it: roles-sql has made the table.
        whole = GUARDED.format(connect="", owner="appowner", now="''", sql=sql)
        done = self._run("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=terse", "-o",
                         "/dev/null", "-d", "offline", "-f", "-", stdin=whole)  # fmt: skip
        return f"error {done.stderr.decode()}" if done.returncode else self._dump("offline")

    def _empty(self, database: str) -> None:
        made = """CREATE SCHEMA app AUTHORIZATION appowner; SET ROLE appowner;
            CREATE TABLE app.alembic_version (version_num varchar(32) NOT NULL,
            CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"""
        self.server.ask(f"\\connect {database}\nSET client_min_messages = error;"
                        f"DROP SCHEMA IF EXISTS app CASCADE; {made}")  # fmt: skip

    def _dump(self, database: str) -> str:
        done = self._run("pg_dump", "-d", database, "-n", "app", "--inserts", "--no-sync")
        assert done.returncode == 0, done.stderr
        lines = done.stdout.decode().split("\n")
        return "\n".join(line for line in lines if not line.startswith(("\\restrict", "\\unrest")))

    def _run(self, *words: str, stdin: str = "") -> "subprocess.CompletedProcess[bytes]":
        options = " ".join(f"-c {name}={value}" for name, value in {**OPTIONS, **SINCE_17}.items())
        program = str(self.server.binaries / words[0])
        command = [program, "-h", str(self.server.folder), "-U", "postgres"]
        become = AS_HOWDAH if os.geteuid() == 0 else []
        return subprocess.run(
            [*become, "env", f"PGOPTIONS={options}", "PGCLIENTENCODING=UTF8", *command, *words[1:]],
            cwd="/", input=stdin.encode(), capture_output=True, check=False, timeout=60,
        )  # fmt: skip

    def same(self, upgrade: str, mark: str = "") -> str:
        """What both have made, which must be the same."""
        package = self.package(upgrade, mark)
        online, offline = self.online(package), self.offline(package)
        assert online == offline
        assert not online.startswith("error"), online
        return online


@pytest.fixture(scope="module")
def both(deployed: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BothWays]:
    server, folder = PlainServer(deployed.bin), tmp_path_factory.mktemp("revisions")
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, str(folder))
    yield BothWays(server, folder)
    sys.path.remove(str(folder))
    sys.dont_write_bytecode = written
    server.remove()


ROW = "INSERT INTO app.rows (id, a) VALUES (1, {})"
OFFLINE = """context.is_offline_mode()
op.get_context().environment_context.requires_connection() is False
op.get_context().as_sql
context.get_context().as_sql
context.get_context().impl.as_sql
op.get_context().impl.literal_binds
op.get_context().environment_context.is_offline_mode()
op.get_context().opts["as_sql"]
op.get_bind() is None
op.get_context().connection is None
not isinstance(op.get_bind(), sa.Connection)
not op.get_bind().in_transaction()
op.get_context().environment_context.context_opts["as_sql"]
op.get_bind().engine.dialect.paramstyle != 'pyformat'
op.get_bind().dialect.default_schema_name != 'pg_catalog'
context.get_starting_revision_argument() is not None""".splitlines()


@pytest.mark.parametrize("offline", OFFLINE)
def test_a_step_behind_any_form_of_am_i_offline_is_run(both: BothWays, offline: str) -> None:
    step = f"if not ({offline}):\n    op.execute({ROW.format(chr(39) + 'migrated' + chr(39))!r})"
    assert "'migrated'" in both.same(step)


STATEMENTS = {
    "a comment at the end": "op.execute(\"INSERT INTO app.rows VALUES (1, 'x') -- it's a row\")",
    "nothing but a comment": "op.execute('-- later')",
    "a comment with a semicolon": "op.execute('SELECT 1 /* ; -- */')",
    "several": "op.execute(\"INSERT INTO app.rows VALUES (1, 'x'); DELETE FROM app.rows -- a\")",
    "a body": r"""
op.execute(r'''CREATE FUNCTION app.f(n int) RETURNS text LANGUAGE plpgsql AS $f$
DECLARE a text[] \:= ARRAY['1', '2', '3']; -- it's
BEGIN
    IF n % 2 = 0 THEN RAISE NOTICE '% 100%%', n; END IF;
    RETURN E'\\\\n' || $$'\n$$ || a[1];
END $f$''')""",
    "a slice": r"""
op.execute(r"INSERT INTO app.rows SELECT 1, (ARRAY['a','b'])[1 : 2]")""",
    "colons that are escaped": r"""
op.execute(r"INSERT INTO app.rows VALUES (1, '{\"a\:b\"\:true} \:word')")""",
    "casts": """
op.execute("INSERT INTO app.rows SELECT '1'::int, '2'::text::varchar")""",
    "bound": r"""
op.execute(sa.text("INSERT INTO app.rows VALUES (:n, :a)")
           .bindparams(n=-5, a="it's :b %s %(c)s \\"))""",
    "by the driver": """
op.get_bind().exec_driver_sql(
    "INSERT INTO app.rows VALUES (%(n)s, '100%% ' || %(a)s)", {"n": 1, "a": "x"})
op.get_bind().connection.cursor().execute("INSERT INTO app.rows VALUES (2, '100%')")""",
    "on the connection": """
op.execute("INSERT INTO app.rows VALUES (1, 'x')")
op.get_bind().execute(sa.update(rows).values(a="y"))""",
    "of a session": """
session = orm.Session(op.get_bind())
session.execute(sa.insert(rows), [{"id": 1, "a": "x"}, {"id": 2, "a": None}])""",
    "a savepoint": """
with op.get_bind().begin_nested():
    op.execute("INSERT INTO app.rows VALUES (1, 'x')")""",
    "a key that nobody looks at": """
op.get_bind().execute(whole.insert().values(a="x"))""",
    "a default of Python's": """
op.get_bind().execute(whole.insert().values(id=1))
op.bulk_insert(whole, [{"id": 2}])""",
    "a key by its sequence": """
op.bulk_insert(whole, [{"a": "x"}, {"a": "y"}])""",
    "an enum": """
diet = sa.Enum(Diet, schema="app")
op.create_table("diets", sa.Column("diet", diet), schema="app")
op.bulk_insert(sa.table("diets", sa.column("diet", diet), schema="app"), [{"diet": Diet.MEAT}])""",
    "an enum first": """
diet = pg.ENUM("a", "it's", name="e", schema="app", create_type=False)
diet.create(op.get_bind(), checkfirst=False)
op.add_column("rows", sa.Column("diet", diet, server_default="it's"), schema="app")""",
    "an enum's new value": r"""
op.execute("CREATE TYPE app.e AS ENUM ('a')")
with op.get_context().autocommit_block():
    op.execute(r"ALTER TYPE app.e ADD VALUE 'b\:c'")
op.execute(r"ALTER TABLE app.rows ADD e app.e DEFAULT 'b\:c'")""",
    "defaults": r"""
for n, default in enumerate(
    ["it's", "C:\\new", "100%", sa.text("'%%'"), ":word", "tab\there", sa.text("'a' || 'b'")]
):
    op.add_column("rows", sa.Column(f"d{n}", sa.String, server_default=default), schema="app")""",
    "comments and checks": r"""
op.create_table("c", sa.Column("n", sa.Integer, comment="it's 5%"),
                sa.CheckConstraint("n % 2 = 0", name="even"), schema="app", comment="C:\\")
op.create_index("ix", "c", ["n"], schema="app", postgresql_where=sa.text("n % 3 = 0"))""",
    "floats": """
f = sa.table("f", sa.column("f", sa.Float), schema="app")
op.create_table("f", sa.Column("f", sa.Float), schema="app")
op.bulk_insert(f, [{"f": -0.0}, {"f": 0.1}, {"f": 5e-324}, {"f": float("-inf")}])
op.execute(sa.text("INSERT INTO app.f SELECT :n / 3").bindparams(n=1.0))""",
    "names": """
op.create_table('order%s', sa.Column('us"er:x', sa.Integer), schema='app')""",
    "computed": """
op.create_table("c", sa.Column("n", sa.Integer, sa.Identity()),
                sa.Column("m", sa.Integer, sa.Computed("n % 5", persisted=True)), schema="app")""",
    "in a batch": """
with op.batch_alter_table("rows", schema="app") as batch:
    batch.add_column(sa.Column("b", sa.Integer))
    batch.alter_column("a", type_=sa.Text)""",
    "of the time zone": r"""
op.execute(r"INSERT INTO app.rows SELECT 1, timestamptz '2026-01-01 12\:00' AT TIME ZONE 'UTC'")""",
    "of the style of dates": """
op.execute("INSERT INTO app.rows SELECT 1, '2/3/2026'::date")""",
    "undone": """
op.execute("CREATE TABLE app.gone (id int)")
op.get_bind().rollback()
op.execute("CREATE TABLE app.rows (id int)")""",
}


@pytest.mark.parametrize("upgrade", STATEMENTS.values(), ids=STATEMENTS.keys())
def test_a_statement_means_the_same(both: BothWays, upgrade: str) -> None:
    both.server.ask("ALTER DATABASE online SET timezone = 'Asia/Tokyo'; "
                    "ALTER DATABASE online SET datestyle = 'ISO, DMY'")  # fmt: skip
    both.same(upgrade)


def test_outside_of_a_transaction_too(both: BothWays) -> None:
    index = "op.create_index('ix', 'rows', ['a'], schema='app', postgresql_concurrently=True)"
    assert "CREATE INDEX ix" in both.same(f"{index}\n", "transactional = False")


@pytest.mark.parametrize(
    ("upgrade", "found"),
    [
        ("""op.execute("INSERT INTO app.rows (a) VALUES ('{\\"dark\\":true}')")""", "'true'"),
        ("op.execute(\"INSERT INTO app.rows (a) VALUES ('hello :name')\")", "'name'"),
        ("op.get_bind().execute(sa.select(rows)).all()", "uses the database"),
        ("try:\n    op.get_bind().execute(sa.select(rows)).all()\nexcept Exception:\n    pass",
         "uses the database"),
        ("try:\n    sa.inspect(op.get_bind()).get_table_names()\nexcept:\n    pass",
         "uses the database"),
        ("if op.get_bind().execute(sa.update(rows).values(a='x')).rowcount:\n    pass",
         "uses the database"),
        ("key = op.get_bind().execute(whole.insert().values(a='x')).inserted_primary_key[0]\n"
         "op.get_bind().execute(sa.update(rows).values(id=key))", "uses the database"),
        ("op.get_bind().connection.driver_connection.info.server_version", "uses the database"),
        ("op.get_bind().dialect.server_version_info > (15,)", "uses the database"),
        ("op.execute('SELECT 1 \\\\gexec')", 'syntax error at or near "\\"'),
        ("op.execute(\"SELECT 'open\")", "unterminated quoted string"),
        ("op.execute('SELECT (ARRAY[1, 2])[1\\\\:HOST]')", "write a space"),
        ("op.execute('COMMIT')", "transactional = False"),
        ("op.execute('COPY app.rows FROM STDIN')", "bulk_insert"),
        ("op.execute('RESET ROLE')", "role is the deploy's"),
        ("op.execute('SET SESSION AUTHORIZATION postgres')", "the deploy's"),
        ("op.execute('DISCARD ALL')", "the deploy's"),
        ("op.execute('RESET ALL')", "the deploy's"),
        ("try:\n    op.execute('RESET ALL')\nexcept Exception:\n    pass", "the deploy's"),
    ],
)  # fmt: skip
def test_what_cannot_mean_the_same_is_rejected(both: BothWays, upgrade: str, found: str) -> None:
    said = both.offline(both.package(upgrade))
    assert said.startswith("rejected "), said
    assert found in said


# -- Any text, any value ------------------------------------------------------------------

PIECES = """' " \\ % %s %(a)s :word :: : $$ $1 {x} -- /* */ ; \\. E' é€ \U0001f418 a NULL""".split()
SPACES = ["\n", "\r\n", "\r", "\t", " "]
TEXTS = st.lists(st.sampled_from([*PIECES, *SPACES]), max_size=6).map("".join)
NO_NUL = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
ANY_TEXT = TEXTS | st.text(NO_NUL, max_size=8)
ZONED = st.datetimes(timezones=st.just(datetime.UTC))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=5,
)
VALUES: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
    "t": ("sa.String", ANY_TEXT),
    "n": ("sa.Integer", st.integers(-(2**31), 2**31 - 1)),
    "b": ("sa.BigInteger", st.integers(-(2**63), 2**63 - 1)),
    "s": ("sa.SmallInteger", st.integers(-(2**15), 2**15 - 1)),
    "f": ("sa.Float", st.floats(allow_nan=False, allow_infinity=False)),
    "y": ("sa.Boolean", st.booleans()),
    "d": ("sa.Date", st.dates()),
    "at": ("sa.DateTime(timezone=True)", ZONED),
    "local": ("sa.DateTime", st.datetimes()),
    "time": ("sa.Time", st.times()),
    "took": ("sa.Interval", st.timedeltas()),
    "money": ("sa.Numeric", st.decimals(allow_nan=False, allow_infinity=False, places=4)),
    "u": ("sa.Uuid", st.uuids()),
    "j": ("pg.JSONB", JSON),
    "raw": ("sa.LargeBinary", st.binary(max_size=8)),
    "texts": ("pg.ARRAY(sa.String)", st.lists(st.none() | ANY_TEXT, max_size=3)),
    "ints": ("pg.ARRAY(sa.Integer)", st.lists(st.integers(-9, 9), max_size=3)),
    "days": ("pg.ARRAY(sa.Date)", st.lists(st.dates(), max_size=2)),
    "diet": ("sa.Enum(Diet, name='diet', schema='app')", st.sampled_from(["MEAT", "PLANTS"])),
}  # fmt: skip
ROWS = st.fixed_dictionaries({name: st.none() | strategy for name, (_, strategy) in VALUES.items()})
FEW = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],  # to shrink takes minutes
)  # fmt: skip


@FEW
@given(st.lists(ROWS, min_size=1, max_size=2))
def test_every_value_arrives_as_it_does_on_a_connection(
    both: BothWays, rows: list[dict[str, Any]]
) -> None:
    columns = ", ".join(f"sa.Column({name!r}, {kind})" for name, (kind, _) in VALUES.items())
    made = (f"op.create_table('v', {columns}, schema='app')\n"
            f"v = sa.Table('v', sa.MetaData(), {columns}, schema='app')\n"
            f"rows = {rows!r}\n")  # fmt: skip
    both.same(f"{made}op.bulk_insert(v, rows)\nop.execute(v.insert().values(rows[0]))")


@FEW
@given(ANY_TEXT)
@example('{"dark":true}')
@example("100%")
def test_every_statement_means_the_same_or_is_rejected(both: BothWays, text: str) -> None:
    for statement in (
        ROW.format("'" + text.replace("'", "''") + "'"),
        ROW.format(f"$q${text}$q$") + f"--{text}",
        text,
    ):
        package = both.package(f"op.execute({statement!r})")
        offline = both.offline(package)
        if not offline.startswith("rejected "):
            online = both.online(package)
            assert online == offline or (online[:6], offline[:6]) == ("error ", "error ")
