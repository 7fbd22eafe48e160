"""What squawk is shown, and what it refuses."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEADER = """
import sqlalchemy as sa
from alembic import op
"""
FIRST = f"""{HEADER}
revision = "one"
down_revision = None

def upgrade():
    op.create_table("words", sa.Column("word", sa.Text(), nullable=False), schema="app")
"""
SECOND = """{header}
revision = "two"
down_revision = "one"
{mark}

def upgrade():
    {upgrade}
"""
INDEX = "op.create_index('ix_words', 'words', ['word'], schema='app'{more})"


def lint(folder: Path, *packages: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(map(str, (ROOT, ROOT / "examples" / "shop", folder)))
    return subprocess.run(
        [sys.executable, "-m", "howdah.lint_revisions", *packages],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """The folder of versions of a package `mine`, with its first revision."""
    versions = tmp_path / "mine" / "versions"
    versions.mkdir(parents=True)
    (versions.parent / "__init__.py").touch()
    env = "from app_db.alembic_env import run\nrun('mine')\n"
    (versions.parent / "env.py").write_text(env)
    (versions / "0001_first.py").write_text(FIRST)
    return versions


@pytest.mark.parametrize("package", ["app_db.migrations", "shop.migrations"])
def test_our_own_histories_are_clean(package: str, tmp_path: Path) -> None:
    done = lint(tmp_path, package)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("upgrade", "mark", "said"),
    [
        (INDEX.format(more=""), "", "require-concurrent-index-creation"),
        ("op.execute('ALTER TABLE app.words ADD id int NOT NULL')", "", "adding-required-field"),
        ("op.drop_column('words', 'word', schema='app')", "", "ban-drop-column"),
        (INDEX.format(more=", postgresql_concurrently=True"), "", "ban-concurrent-index-creation"),
        (INDEX.format(more=", postgresql_concurrently=True"), "transactional = False", ""),
    ],
)
def test_what_locks_a_table_that_is_in_use_is_refused(
    mine: Path, tmp_path: Path, upgrade: str, mark: str, said: str
) -> None:
    text = SECOND.format(header=HEADER, upgrade=upgrade, mark=mark)
    (mine / "0002_second.py").write_text(text)
    done = lint(tmp_path, "mine")
    assert (done.returncode == 0) is (said == "")
    assert said in done.stderr
    assert ("two.sql" in done.stderr) is (said != "")
    assert "one.sql" not in done.stderr


def test_what_cannot_be_rendered_is_told(mine: Path, tmp_path: Path) -> None:
    (mine / "0001_first.py").write_text(FIRST.replace("op.create_table", "op.nonsense"))
    done = lint(tmp_path, "mine")
    assert done.returncode == 1
    assert done.stderr.startswith("mine: versions/0001_first.py:")
    assert "Traceback" not in done.stderr


def branches(mine: Path, merge: str = "pass") -> None:
    text = SECOND.format(header=HEADER, upgrade="pass", mark="")
    (mine / "0002_second.py").write_text(text)
    (mine / "0003_third.py").write_text(text.replace('"two"', '"three"'))
    both = SECOND.format(header=HEADER, upgrade=merge, mark="")
    both = both.replace('"two"', '"both"').replace('"one"', '("two", "three")')
    (mine / "0004_merge.py").write_text(both)


def test_a_merge_is_read_too(mine: Path, tmp_path: Path) -> None:
    branches(mine)
    done = lint(tmp_path, "mine")
    assert (done.returncode, done.stderr) == (0, "")
    branches(mine, INDEX.format(more=""))
    done = lint(tmp_path, "mine")
    assert "both.sql" in done.stderr
    assert "require-concurrent-index-creation" in done.stderr


def test_a_name_that_alembic_version_cannot_hold_is_told(mine: Path, tmp_path: Path) -> None:
    name = "zoo_0007_add_customer_notification_preferences"
    text = SECOND.format(header=HEADER, upgrade="pass", mark="").replace('"two"', f'"{name}"')
    (mine / "0002_second.py").write_text(text)
    done = lint(tmp_path, "mine")
    assert done.returncode == 1
    assert done.stderr.endswith(
        f"0002_second.py: revision '{name}' has 46 characters; app.alembic_version holds 32\n"
    )
