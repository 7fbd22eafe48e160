"""`pip install .`: what an application gets, and how long it waits for it."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = """DbSessionService DbManageService Entity EntityTable User UserTable UserRepository
UserIdentity UserIdentityTable UserIdentityRepository DuplicateError StaleError
UnavailableError BadSettingsError"""
THE_DEPLOYS = {"pyinfra", "jinja2", "cryptography", "pgparse", "gevent", "pytest"}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a virtual environment with nothing but the library."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", ROOT], check=True, capture_output=True)
    return python


def test_app_db_alone_is_installed(python: Path, tmp_path: Path) -> None:
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=freeze"], check=True, capture_output=True, text=True
    ).stdout
    packages = {line.partition("==")[0].lower() for line in listed.splitlines()}
    assert {"howdah", "alembic", "psycopg-binary", "pydantic-settings", "sqlmodel"} <= packages
    assert packages & THE_DEPLOYS == set()
    for module in ("howdah", "components", "deploys", "verify", "tests"):
        done = subprocess.run(
            [python, "-c", f"import {module}"],
            cwd=tmp_path,
            check=False,
            capture_output=True,
            text=True,
        )
        assert f"No module named '{module}'" in done.stderr


def test_its_command_and_its_plugin_are_there(python: Path, tmp_path: Path) -> None:
    env = {**os.environ, "DATABASE_URL": "sqlite:///./database.db", "PYTHONPATH": ""}
    done = subprocess.run(
        [python.with_name("init-db")],
        cwd=tmp_path,
        env=env,
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "the schema is at app_db_0003\n"), done.stderr
    subprocess.run([python, "-m", "pip", "install", "-q", "pytest"], check=True)
    tests = (ROOT / "tests" / "app_db" / "of_an_application.py").read_text()
    (tmp_path / "test_application.py").write_text(tests)
    done = subprocess.run(
        [python, "-m", "pytest", "-q"],
        cwd=tmp_path,
        env=env,
        check=False,
        capture_output=True,
        text=True,
    )
    assert "9 passed, 1 xfailed" in done.stdout, done.stdout


@pytest.mark.parametrize("name", NAMES.split())
def test_each_name_is_importable(name: str) -> None:
    run(f"from app_db import {name}; import app_db; assert '{name}' in dir(app_db)")


def test_what_is_not_there_is_an_attribute_error() -> None:
    run(
        "import app_db\ntry:\n    app_db.Nonsense\nexcept AttributeError as e:\n"
        "    assert str(e) == \"module 'app_db' has no attribute 'Nonsense'\"\n"
        "else:\n    raise AssertionError"
    )


@pytest.mark.parametrize("module", ["alembic", "psycopg", "pytest", "mako"])
def test_sessions_do_not_wait_for_what_they_do_not_need(module: str) -> None:
    run(
        "import sys; from app_db import DbSessionService, UserRepository; "
        f"assert '{module}' not in sys.modules"
    )


def run(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
