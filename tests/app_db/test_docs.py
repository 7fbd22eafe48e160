"""docs/app_db.md and docs/migrations.md, where no server is needed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from app_db import DbSessionService, PoolExhaustedError, UserRepository, errors
from app_db.manage import init_db
from app_db.pool import PoolStatus
from app_db.settings import DatabaseSettings, read_settings
from tests.documents import ROOT, tried

URL = "sqlite:///./database.db"
PAGE = (ROOT / "docs" / "app_db.md").read_text()


def rows(heading: str) -> dict[str, list[str]]:
    """The table below a heading: its cells by the first of them."""
    below = re.split(f"^## {heading}$", PAGE, flags=re.MULTILINE)[1].partition("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in below.splitlines() if line.startswith("|")]
    return {cells[0].strip(" `"): cells[1:] for cells in lines[2:]}


def test_the_examples_work_on_sqlite(folder: Path) -> None:
    env = {"DATABASE_URL": URL, "PYTEST_ADDOPTS": "-p app_db.testing"}
    tried("app_db.md", folder, env, until="When something is wrong")
    assert read_settings().pool_size == 30


def test_the_example_of_the_distribution_works(folder: Path) -> None:
    """What an index shows of the wheel."""
    tried("../app_db/README.md", folder, {"DATABASE_URL": URL})  # as exported


def test_alembic_of_the_shop_takes_the_database_that_is_named(folder: Path) -> None:
    """And finds the example's package, which is not installed."""
    env = {**os.environ, "DATABASE_URL": f"sqlite:///{folder}/database.db", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "alembic", "check"]
    done = subprocess.run(
        command,
        env=env,
        cwd=ROOT / "examples" / "shop",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Target database is not up to date" in done.stderr + done.stdout, done.stderr


def test_every_key_is_documented_with_its_default() -> None:
    found = rows("Settings")
    assert found.keys() == DatabaseSettings.model_fields.keys()
    for name, field in DatabaseSettings.model_fields.items():
        if not field.is_required():
            assert found[name][0] == f"`{field.default}`"


def test_every_error_is_documented_with_what_it_is_too() -> None:
    found = rows("Errors")
    ours = {
        name: one
        for name, one in vars(errors).items()
        if isinstance(one, type) and issubclass(one, errors.AppDbError)
    }
    assert found.keys() == ours.keys()
    for name, one in ours.items():
        also = re.findall(r"`(\w+)`", found[name][0])
        assert set(also) <= {base.__name__ for base in one.__mro__}
    assert "TimeoutError" in {base.__name__ for base in PoolExhaustedError.__mro__}


def test_every_key_of_the_pool_is_documented() -> None:
    assert rows("Health and the pool").keys() == PoolStatus.__annotations__.keys()


def test_no_such_table_is_cured_by_init_db(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", URL)
    with (
        pytest.raises(OperationalError, match=r"no such table: app\.users"),
        DbSessionService().session_scope() as session,
    ):
        UserRepository(session).list()
    assert "`no such table: app.users`" in PAGE
    assert init_db() == 0, capsys.readouterr().err
    with DbSessionService().session_scope() as session:
        assert UserRepository(session).list() == []
