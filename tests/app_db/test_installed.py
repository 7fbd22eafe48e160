"""The wheel that `make dist` builds: what an application gets, and how long it waits for it."""

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.needs import all_needs
from tests.server.checkout import files_of_checkout

ROOT = Path(__file__).parents[2]
NAMES = """DbSessionService DbManageService Entity EntityTable User UserTable UserRepository
UserIdentity UserIdentityTable UserIdentityRepository DuplicateError StaleError
UnavailableError BadSettingsError"""
THE_DEPLOYS = {"pyinfra", "jinja2", "cryptography", "pgparse", "gevent", "pytest"}
OF_THE_PROJECT = {"pyproject.toml", "README.md", "LICENSE"}  # in the folder, and in the metadata
IMPORT_ALL = """
import importlib, pkgutil, app_db
for module in pkgutil.iter_modules(app_db.__path__, "app_db."):
    importlib.import_module(module.name)
from app_db.manage import history_folder
print(*sorted(path.name for path in history_folder("app_db.migrations").glob("versions/*.py")))
"""


def built(folder: Path) -> Path:
    """The wheel, by `make dist` in a checkout of its own."""
    for name in files_of_checkout():
        if name.startswith("app_db/") or name in {"Makefile", "howdah.mk", "requirements.txt"}:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(Path(sys.prefix))
    os.utime(folder / "requirements.txt", (0, 0))  # make shall not make it anew
    env = {**os.environ, "MAKEFLAGS": "", "PIP_NO_INDEX": "1"}
    subprocess.run(["make", "dist"], cwd=folder, env=env, check=True, capture_output=True)
    wheels = list((folder / "dist").iterdir())
    assert len(wheels) == 1
    return wheels[0]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a virtual environment with the wheel, what it needs, and pytest for its plugin."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder)
    python = folder / "bin" / "python"
    pip(python, "install", "--no-index", "--no-deps", str(wheel))
    link(python, [*needed_by(wheel), Requirement("pytest")])
    pip(python, "check")
    return python


def pip(python: Path, *words: str) -> None:
    """That of the tests, for another Python."""
    command = [sys.executable, "-m", "pip", "--quiet", "--python", str(python), *words]
    subprocess.run(command, check=True, capture_output=True)


def metadata_of(wheel: Path) -> list[str]:
    """The lines of its METADATA, without the description."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/METADATA"))
        return archive.read(name).decode().partition("\n\n")[0].splitlines()


def needed_by(wheel: Path) -> list[Requirement]:
    lines = metadata_of(wheel)
    needs = [line.removeprefix("Requires-Dist: ") for line in lines if "Requires-Dist: " in line]
    return list(map(Requirement, needs))


def link(python: Path, needs: list[Requirement]) -> None:
    """Gives it these distributions, and what they need, from where the tests have them."""
    packages = next((python.parents[1] / "lib").glob("python3*")) / "site-packages"
    for need in all_needs(needs).values():
        found = distribution(need.name)
        for top in {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
            if not (packages / top).exists():
                (packages / top).symlink_to(Path(str(found.locate_file(top))))


def run_of(python: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command of that environment, in a folder that knows of no checkout."""
    env = {**os.environ, "DATABASE_URL": "sqlite:///./database.db", "PYTHONPATH": ""}
    command = [str(python.with_name(words[0])), *words[1:]]
    return subprocess.run(command, cwd=folder, env=env, check=False, capture_output=True, text=True)


def test_the_wheel_is_app_db(wheel: Path) -> None:
    """What git has of the folder, and metadata."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    expected = {name for name in files_of_checkout() if name.startswith("app_db/")}
    assert names == expected - {f"app_db/{name}" for name in OF_THE_PROJECT}
    assert {"app_db/py.typed", "app_db/testing.py", "app_db/migrations/script.py.mako"} <= names


def test_its_metadata(wheel: Path) -> None:
    lines = metadata_of(wheel)
    for line in (
        "Name: howdah-app-db",
        "License-Expression: MIT",
        "License-File: LICENSE",
        "Requires-Python: >=3.11",
        "Classifier: Typing :: Typed",
    ):
        assert line in lines
    assert not [line for line in lines if "-URL" in line or "Home-page" in line]


def test_the_same_files_give_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    """In another folder, in other modes, beside what is no part of it."""
    before = os.umask(0o077)
    (tmp_path / "app_db" / "migrations" / "versions").mkdir(parents=True)
    (tmp_path / "app_db" / "user.py~").write_text("an editor's copy")
    (tmp_path / "app_db" / "database.db").write_text("a developer's")
    try:
        again = built(tmp_path)
    finally:
        os.umask(before)
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_nothing_of_the_deploy_is_there(python: Path, wheel: Path, tmp_path: Path) -> None:
    needs = {need.name.lower() for need in all_needs(needed_by(wheel)).values()}
    assert {"alembic", "psycopg-binary", "pydantic-settings", "sqlmodel"} <= needs
    assert needs & THE_DEPLOYS == set()
    for module in ("howdah", "components", "deploys", "verify", "tests", "pyinfra"):
        done = run_of(python, tmp_path, "python", "-c", f"import {module}")
        assert f"No module named '{module}'" in done.stderr


def test_each_module_imports_what_the_wheel_needs(python: Path, tmp_path: Path) -> None:
    done = run_of(python, tmp_path, "python", "-c", IMPORT_ALL)
    assert done.stdout == "0001_users.py 0002_versions.py 0003_indexes.py\n", done.stderr


def test_its_command_explains_itself(python: Path, tmp_path: Path) -> None:
    done = run_of(python, tmp_path, "init-db", "--help")
    assert done.returncode == 0
    assert "the head of its history" in " ".join(done.stdout.split())
    done = run_of(python, tmp_path, "init-db", "now")
    assert (done.returncode, "unrecognized arguments: now" in done.stderr) == (2, True)
    assert not list(tmp_path.iterdir())


def test_its_command_and_its_plugin_are_there(python: Path, tmp_path: Path) -> None:
    done = run_of(python, tmp_path, "init-db")
    assert (done.returncode, done.stdout) == (0, "the schema is at app_db_0003\n"), done.stderr
    tests = (ROOT / "tests" / "app_db" / "of_an_application.py").read_text()
    (tmp_path / "test_application.py").write_text(tests)
    done = run_of(python, tmp_path, "python", "-m", "pytest", "-q")
    assert "9 passed, 1 xfailed" in done.stdout, done.stdout


def test_a_checkout_can_be_installed_as_it_is(tmp_path: Path) -> None:
    """What docs/migrations.md types, without an index: a developer's change counts at once."""
    venv.create(tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    built(tmp_path)
    link(python, [Requirement("hatchling")])
    words = "install --no-index --no-deps --no-build-isolation -e".split()
    pip(python, *words, str(tmp_path / "app_db"))
    done = run_of(python, Path("/"), "python", "-c", "import app_db; print(app_db.__file__)")
    assert done.stdout == f"{tmp_path}/app_db/__init__.py\n", done.stderr


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
