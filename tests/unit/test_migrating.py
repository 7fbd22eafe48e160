"""The deploy and app_db migrate the same database: by the same lock, with the same settings."""

import re
from collections.abc import Iterable
from typing import Any

from app_db import migrating
from app_db.schema import LOCK_TIMEOUT
from deploys.migrate import GUARDED
from deploys.sql import OPTIONS

LOCK = re.compile(r"pg_try_advisory_lock\(.*?\)(?:\))?")
SET = re.compile(r"^SET (\w+) = (.*?);?$", flags=re.MULTILINE)


class Session:
    """A connection that writes down what it is asked; it gets the lock."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def exec_driver_sql(self, statement: str) -> "Session":
        self.statements.append(statement)
        return self

    def scalar_one(self) -> bool:
        return True

    def commit(self) -> None: ...

    def rollback(self) -> None: ...


def of_app_db() -> str:
    """The statements before a migration by init-db or alembic."""
    session: Any = Session()
    migrating._become(session, "appowner")
    migrating._wait_for_turn(session)
    return "\n".join(session.statements)


def settings(statements: str, before: Iterable[tuple[str, str]] = ()) -> dict[str, str]:
    """Name: value, the last one counts; as SET has them, without quotes."""
    found = dict(before)
    for name, value in SET.findall(statements):
        found[name] = value.replace("'", "")
    return found


def test_one_of_them_migrates_at_a_time() -> None:
    (of_the_deploy,) = LOCK.findall(GUARDED)
    (of_the_library,) = LOCK.findall(of_app_db())
    assert of_the_deploy == of_the_library == "pg_try_advisory_lock(hashtext('howdah.migrate'))"


def test_a_migration_has_the_same_settings() -> None:
    """A lock is waited for as long, and a date means the same."""
    of_the_deploy = settings(GUARDED, OPTIONS.items())
    of_the_library = settings(of_app_db())
    assert of_the_library["lock_timeout"] == LOCK_TIMEOUT
    assert {"search_path", "statement_timeout", "timezone"} <= of_the_library.keys()
    for name, value in of_the_library.items():
        assert of_the_deploy[name] == value, name
