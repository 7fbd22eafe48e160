"""What the process that renders writes to stdout and stderr, and how it ends."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import indent

import pytest

ROOT = Path(__file__).parents[2]
CREATED = "CREATE TABLE IF NOT EXISTS app.alembic_version ("
HISTORIES = {
    "app_db.migrations": ("base", "app_db_0001", "app_db_0002", "app_db_0003"),
    "shop.migrations": ("base", "shop_0001", "shop_0002", "shop_0003", "shop_0004"),
}
ENV = """
from sqlalchemy import MetaData
from app_db.alembic_env import run
run(MetaData(schema="app"))
"""
REVISION = """
import sqlalchemy as sa
from alembic import op
revision = "one"
down_revision = None
def upgrade():
"""

Render = Callable[..., subprocess.CompletedProcess[str]]
Application = Callable[..., None]


@pytest.fixture
def render(tmp_path: Path) -> Render:
    """Run the process with nothing importable but this repository and the test's own package."""
    path = os.pathsep.join(map(str, (ROOT, ROOT / "examples" / "shop", tmp_path)))

    def render(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "howdah.render_revisions", *arguments],
            cwd=tmp_path,
            env={"PATH": os.defpath, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    return render


@pytest.fixture
def application(tmp_path: Path) -> Application:
    """Write a package `mine` with one revision, whose upgrade is the text given."""

    def application(upgrade: str, env: str = ENV) -> None:
        versions = tmp_path / "mine" / "versions"
        versions.mkdir(parents=True)
        (versions.parent / "__init__.py").touch()
        (versions.parent / "env.py").write_text(env)
        (versions / "0001_first.py").write_text(REVISION + indent(upgrade, "    "))

    return application


def refusal(run: subprocess.CompletedProcess[str]) -> str:
    """Return the one line a failure says."""
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.count("\n") == 1
    return run.stderr.rstrip("\n")


@pytest.mark.parametrize(
    ("package", "start"),
    [(package, start) for package, starts in HISTORIES.items() for start in starts],
)
def test_every_revision_is_rendered_from_each_before_it(
    render: Render, package: str, start: str
) -> None:
    starts = HISTORIES[package]
    run = render(package, start)
    assert (run.returncode, run.stderr) == (0, "")
    running = [line for line in run.stdout.splitlines() if line.startswith("-- Running upgrade")]
    assert [line.split()[-1] for line in running] == list(starts[starts.index(start) + 1 :])
    assert (CREATED in run.stdout) is (start == "base")
    assert run.stdout.count("alembic_version (\n") == (start == "base")


def test_one_revision_is_rendered(render: Render) -> None:
    sql = render("app_db.migrations", "app_db_0001", "app_db_0002").stdout
    assert "-- Running upgrade app_db_0001 -> app_db_0002" in sql
    assert sql.count("-- Running") == 1


def test_head_needs_no_statement(render: Render) -> None:
    assert render("shop.migrations", "shop_0004").stdout == ""


def test_concurrent_index_is_outside_transactions(render: Render) -> None:
    sql = render("shop.migrations", "shop_0001").stdout
    assert transactions_before(sql, "CREATE INDEX CONCURRENTLY ix_products_name") == 0


def test_revision_marked_so_runs_outside_transactions(render: Render) -> None:
    sql = render("shop.migrations", "shop_0002").stdout
    created = "CREATE INDEX CONCURRENTLY ix_products_created_at_id"
    assert transactions_before(sql, created) == 0
    assert transactions_before(sql, "CREATE TRIGGER touch") == 1
    # What an interruption has left goes first; nobody is blocked while old transactions end.
    left = "DROP INDEX CONCURRENTLY IF EXISTS app.ix_products_created_at_id"
    assert sql.index("SET lock_timeout = 0;") < sql.index(left) < sql.index(created)
    assert sql.index(created) < sql.index("SET lock_timeout = '10s';")


def test_index_in_a_transaction_drops_nothing(render: Render, application: Application) -> None:
    application("op.create_index('ix', 'words', ['word'], schema='app')")
    sql = render("mine", "base").stdout
    assert "CREATE INDEX ix" in sql
    assert "DROP" not in sql


def transactions_before(sql: str, statement: str) -> int:
    """How many transactions are open where the statement is."""
    before, _ = sql.split(statement)
    return before.count("BEGIN;") - before.count("COMMIT;")


def test_literals_arrive_as_written(render: Render, application: Application) -> None:
    application(
        """
        words = sa.table("words", sa.column("word", sa.String), schema="app")
        op.execute(words.insert().values(word="it's bound"))
        op.bulk_insert(words, [{"word": "100% of it's C:\\\\new \\u20ac"}])
        op.execute("UPDATE app.words SET word = 'x' WHERE word LIKE 'a%'")
        """.replace("        ", "")
    )
    run = render("mine", "base")
    assert run.returncode == 0, run.stderr
    assert "VALUES ('it''s bound'::VARCHAR)" in run.stdout
    assert "VALUES ('100% of it''s C:\\new €'::VARCHAR)" in run.stdout
    assert "LIKE 'a%';" in run.stdout


@pytest.mark.parametrize(
    "upgrade",
    [
        "op.get_bind().execute(sa.text('SELECT 1')).scalar()",
        "sa.inspect(op.get_bind()).has_table('words')",
        "sa.Enum('a', name='e').create(op.get_bind(), checkfirst=True)",
        "try: op.get_bind().execute(sa.text('SELECT 1')).all()\nexcept Exception: pass",
    ],
)
def test_revision_that_asks_the_database_is_refused(
    render: Render, application: Application, upgrade: str
) -> None:
    application(upgrade)
    assert refusal(render("mine", "base")) == (
        "mine: versions/0001_first.py:7: uses the database while it is rendered offline; "
        "use plain op.* or op.execute"
    )


def test_a_colon_without_a_value_is_refused(render: Render, application: Application) -> None:
    application("""op.execute("INSERT INTO app.t VALUES ('{\\"dark\\":true}')")""")
    assert refusal(render("mine", "base")) == (
        "mine: versions/0001_first.py:7: ':true' is a parameter without a value; "
        r"a colon in a text is '\\:'"
    )


def test_what_psql_would_take_for_something_else_is_refused(
    render: Render, application: Application
) -> None:
    application(r"op.execute('SELECT 1 \\gexec')")
    assert refusal(render("mine", "base")) == (
        'mine: versions/0001_first.py:7: syntax error at or near "\\" in '
        r"'SELECT 1 \\gexec'"
    )


def test_a_database_between_two_branches_is_brought_together(
    render: Render, application: Application, tmp_path: Path
) -> None:
    application("op.execute('SELECT 1')")
    for name, down in (("left", '"one"'), ("right", '"one"'), ("both", '("left", "right")')):
        text = REVISION.replace('"one"', repr(name)).replace("None", down)
        (tmp_path / "mine" / "versions" / f"{name}.py").write_text(f"{text}    pass\n")
    running = [line for line in render("mine", "left,right").stdout.splitlines() if "--" in line]
    assert running == ["-- Running upgrade left, right -> both"]
    sql = render("mine", "left").stdout
    assert "VALUES ('right')" in sql
    assert sql.index("VALUES ('right')") < sql.index("version_num='both'")


@pytest.mark.parametrize(
    ("upgrade", "found"),
    [
        ("op.execute('SELECT 1').scalar()", "AttributeError: .* no attribute 'scalar'"),
        ("list(op.execute('SELECT 1'))", "TypeError: .* not iterable"),
    ],
)
def test_revision_that_reads_a_result_is_refused(
    render: Render, application: Application, upgrade: str, found: str
) -> None:
    application(upgrade)
    said = rf"mine: versions/0001_first\.py:7: uses the database .* op\.execute \({found}\)"
    assert re.fullmatch(said, refusal(render("mine", "base")))


def test_failure_after_statements_leaves_stdout_empty(
    render: Render, application: Application
) -> None:
    application("op.execute('SELECT 1')\nraise ValueError('first line\\nsecond')")
    found = refusal(render("mine", "base"))
    assert found == "mine: versions/0001_first.py:8: ValueError: first line second"


def test_leaving_by_exit_is_a_failure(render: Render, application: Application) -> None:
    application("pass", env="import sys\nsys.exit(0)\n")
    assert refusal(render("mine", "base")) == "mine: env.py:2: SystemExit: 0"


def test_environment_that_cannot_be_imported_is_named(
    render: Render, application: Application
) -> None:
    application("pass", env="import nowhere\n")
    found = refusal(render("mine", "base"))
    assert found == "mine: env.py:1: ModuleNotFoundError: No module named 'nowhere'"


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (("shop.migrations", "app_db_0001"), "no revision 'app_db_0001' in 'shop.migrations'"),
        (("shop.migrations", "shop"), "no revision 'shop' in"),
        (("shop.migrations", "head"), "no revision 'head' in"),
        (("nowhere.migrations", "base"), "no package 'nowhere' is importable"),
        (("shop.migrations", "base", "later"), "no revision 'later' in 'shop.migrations'"),
        (("shop.migrations",), "1 arguments; needed are PACKAGE, FROM and perhaps TO"),
    ],
)
def test_what_cannot_be_rendered_is_refused(
    render: Render, arguments: tuple[str, ...], found: str
) -> None:
    assert refusal(render(*arguments)).startswith(found)


def test_stdout_gets_nothing_but_sql(render: Render, application: Application) -> None:
    noise = """
import atexit, logging, os, subprocess, sys
print("printed")
os.write(1, b"written\\n")
subprocess.run(["echo", "by a child"])
logging.basicConfig(stream=sys.stdout, level=logging.INFO)
atexit.register(print, "at the end")
"""
    application("print('in a revision')\nop.execute('SELECT 1')", env=noise + ENV)
    run = render("mine", "base")
    assert run.returncode == 0
    assert run.stdout.startswith(f"BEGIN;\n\n{CREATED}")
    assert run.stdout.endswith("COMMIT;\n\n")
    for word in ("printed", "written", "by a child", "in a revision", "INFO", "at the end"):
        assert word in run.stderr
        assert word not in run.stdout
