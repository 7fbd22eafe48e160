"""A second run changes nothing, says so, and costs next to nothing."""

from pathlib import Path

from tests.server.checkout import Checkout

HEAVY = {"alembic", "sqlmodel", "sqlalchemy", "psycopg"}


def stamps(*folders: Path) -> dict[Path, tuple[int, int]]:
    """Inode and time of change of every file, the server's own apart."""
    own = ("data", "log", "run")
    return {
        path: (path.lstat().st_ino, path.lstat().st_mtime_ns)
        for folder in folders
        for path in folder.rglob("*")
        if path.relative_to(folder).parts[0] not in own
    }


def test_no_operation_changes_anything(converged: Checkout) -> None:
    before, pid = stamps(converged.home, converged.secrets), converged.pid
    assert converged.deploy().changed == []
    assert stamps(converged.home, converged.secrets) == before
    assert converged.pid == pid


def test_says_so_for_every_operation(converged: Checkout) -> None:
    output = converged.pyinfra("-y", "deploy.py").output
    started = output.count("--> Starting operation")
    assert started > 0
    assert output.count("No changes") == started


def test_costs_one_remote_command(converged: Checkout) -> None:
    assert len(converged.deploy().commands) == 1


def test_dry_run_costs_one_and_shows_nothing(converged: Checkout) -> None:
    run = converged.dry()
    assert run.changed == []
    assert len(run.commands) == 1


def test_imports_nothing_of_the_application(converged: Checkout) -> None:
    modules = {
        name.partition(".")[0] for name in converged.pyinfra("-y", "deploy.py", cold=True).modules
    }
    assert "pydantic" in modules  # the list is not empty
    assert modules & HEAVY == set()


def test_dry_run_asks_nothing(converged: Checkout) -> None:
    run = converged.pyinfra("--dry", "deploy.py", stdin="no\n")
    assert run.code == 0
