"""The pytest plugin: what a test leaves behind is nothing. Run as an application would."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from app_db import DbManageService, DbSessionService
from app_db.settings import read_settings

ROOT = Path(__file__).parents[2]
TESTS = (ROOT / "tests" / "app_db" / "of_an_application.py").read_text()
UNUSED = """
import sys

def test_without_it():
    assert not {"sqlalchemy", "sqlmodel", "alembic"} & sys.modules.keys()
"""


def run(folder: Path, url: str, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "app_db.testing", *words]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_nothing_of_a_test_is_left(tmp_path: Path) -> None:
    (tmp_path / "test_application.py").write_text(TESTS)
    url = f"sqlite:///{tmp_path}/database.db"
    done = run(tmp_path, url, "--log-cli-level=WARNING")
    assert "9 passed, 1 xfailed" in done.stdout, done.stdout
    assert "was never closed" not in done.stdout
    service = DbSessionService(read_settings(url=url))
    with service.session_scope() as session:
        assert session.execute(text("SELECT count(*) FROM app.users")).scalar() == 0


def test_it_does_roll_back_and_not_begin_with_an_empty_table(tmp_path: Path) -> None:
    (tmp_path / "test_application.py").write_text(TESTS)
    settings = read_settings(url=f"sqlite:///{tmp_path}/database.db")
    DbManageService(settings).create_all()
    with DbSessionService(settings).session_scope() as session:
        session.execute(
            text(
                "INSERT INTO app.users (id, first_name, last_name) VALUES "
                "('00000000000000000000000000000001', 'Bob', 'Smith')"
            )
        )
    done = run(tmp_path, f"sqlite:///{tmp_path}/database.db")
    assert "7 failed, 2 passed, 1 xfailed" in done.stdout  # those that expect it to be empty


def test_a_run_without_a_database_does_not_pay(tmp_path: Path) -> None:
    (tmp_path / "test_application.py").write_text(UNUSED)
    assert "1 passed" in run(tmp_path, "").stdout


@pytest.mark.parametrize("fixture", ["db_schema", "db_session_service", "db_session"])
def test_a_run_that_names_no_database_is_told(tmp_path: Path, fixture: str) -> None:
    (tmp_path / "test_application.py").write_text(f"def test_it({fixture}):\n    pass\n")
    assert "no database is named; set DATABASE_URL" in run(tmp_path, "").stdout
