"""Tests that an application could have; test_testing runs them, one after the other."""

import threading
from uuid import UUID

import pytest
from sqlmodel import Session

from app_db import DbSessionService, DuplicateError, User, UserRepository

ANN = User(first_name="Ann", last_name="Smith", email="ann@example.com")
SAME = pytest.mark.parametrize("again", [False, True])  # the second finds nothing of the first


@SAME
def test_committed(db_session: Session, again: bool) -> None:
    users = UserRepository(db_session)
    assert users.list() == [], again
    users.create(ANN)
    db_session.commit()
    assert users.exists(ANN.id)


@SAME
@pytest.mark.usefixtures("db_session_service")
def test_by_the_code_under_test(again: bool) -> None:
    def code() -> None:
        with DbSessionService().session_scope() as session:
            UserRepository(session).create(ANN)

    def clash() -> None:
        try:
            code()
        except DuplicateError:
            refused.append(again)

    refused: list[bool] = []
    code()
    thread = threading.Thread(target=clash)
    thread.start()
    thread.join()
    assert refused == [again]
    assert users() == [ANN.id]


@SAME
@pytest.mark.usefixtures("db_session_service")
def test_by_an_application_that_ends(again: bool) -> None:
    """As one does that a client of starlette's runs with its lifespan."""
    assert users() == [], again
    with DbSessionService().session_scope() as session:
        UserRepository(session).create(ANN)
    DbSessionService.reset()
    assert users() == [ANN.id]


def users() -> list[UUID]:
    with DbSessionService().session_scope() as session:
        return [user.id for user in UserRepository(session).list()]


def test_seen_by_each_other(db_session: Session, db_session_service: DbSessionService) -> None:
    UserRepository(db_session).create(ANN)
    with db_session_service.session_scope() as session:
        assert UserRepository(session).exists(ANN.id)


def test_rolled_back_in_the_test(db_session: Session) -> None:
    users = UserRepository(db_session)
    users.create(ANN)
    db_session.commit()
    users.delete(ANN.id)
    db_session.rollback()
    assert users.exists(ANN.id)


@pytest.mark.xfail(strict=True)
def test_that_fails(db_session: Session) -> None:
    UserRepository(db_session).create(ANN)
    db_session.commit()
    raise RuntimeError


def test_after_it(db_session: Session) -> None:
    assert UserRepository(db_session).list() == []
