"""app_db without a server: its settings, its engine, SQLite."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app_db.service import DbSessionService


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and an environment that names no database."""
    monkeypatch.chdir(tmp_path)
    for name in [*os.environ]:
        if name.startswith("DATABASE_") or name == "APP_CONFIG":
            monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture(autouse=True)
def no_engine() -> Iterator[None]:
    """Each test has an engine of its own."""
    DbSessionService.reset()
    yield
    DbSessionService.reset()
