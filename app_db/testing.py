"""A pytest plugin: what a test does in the database is gone after it, its commits too.

Installed with app_db, nothing has to be imported. The database is the one that config.yaml and
the environment name; the tests of an application use one of their own, SQLite or PostgreSQL.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # a run that uses none of it does not pay for it
    from sqlmodel import Session

    from app_db.service import DbSessionService


@pytest.fixture(scope="session")
def db_schema() -> "Iterator[DbSessionService]":
    """The service on a schema at its head: SQLite is brought there, PostgreSQL where it may be."""
    from app_db.manage import DbManageService  # noqa: PLC0415
    from app_db.service import DbSessionService  # noqa: PLC0415

    service = DbSessionService()
    DbManageService(service.settings).create_all()
    yield service
    DbSessionService.reset()


@pytest.fixture
def db_session_service(db_schema: "DbSessionService") -> "Iterator[DbSessionService]":
    """The service, all of whose sessions join one transaction that is rolled back at the end.

    Those of the code under test too, in whichever thread, one after the other: a commit releases
    a savepoint, so a rollback after it undoes what came after it and no more.
    """
    with db_schema.engine.connect() as connection:
        transaction = connection.begin()
        try:
            with db_schema.joined_to(connection):
                yield db_schema
        finally:
            transaction.rollback()


@pytest.fixture
def db_session(db_session_service: "DbSessionService") -> "Iterator[Session]":
    """A session that the test may commit and roll back."""
    session = db_session_service.get_session()
    yield session
    session.close()
