"""Users and identities, the same on PostgreSQL and on SQLite."""

import pickle
import re
import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pydantic import field_serializer
from sqlalchemy import MetaData, event, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Field

from app_db import (
    DbManageService,
    DbSessionService,
    DuplicateError,
    Entity,
    EntityTable,
    Repository,
    StaleError,
    User,
    UserIdentity,
    UserIdentityRepository,
    UserRepository,
    UserTable,
)
from app_db.settings import DatabaseSettings, read_settings
from tests.server.application import settings
from tests.server.checkout import Checkout

ISSUERS = [
    "https://accounts.google.com",
    "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
    "https://keycloak.example.com/realms/shop",
]


@pytest.fixture(params=["postgresql", "sqlite"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> DatabaseSettings:
    if request.param == "sqlite":
        return read_settings(url=f"sqlite:///{tmp_path}/database.db")
    checkout: Checkout = request.getfixturevalue("deployed")
    return settings(checkout)


@pytest.fixture
def service(database: DatabaseSettings) -> Iterator[DbSessionService]:
    """A service on an empty database at the head."""
    DbSessionService.reset()
    DbManageService(database).create_all()
    service = DbSessionService(database)
    with service.session_scope() as session:
        session.execute(text("DELETE FROM app.users"))
    yield service
    DbSessionService.reset()


def user(name: str = "Ann", email: str | None = None) -> User:
    return User(first_name=name, last_name="Smith", email=email)


def stored(service: DbSessionService, *users: User) -> None:
    with service.session_scope() as session:
        UserRepository(session).create_many(users)


def told(error: Exception) -> str:
    """All that a log may have of it, with what it was raised from."""
    return repr(error) + "".join(traceback.format_exception(error))


def test_a_user_is_created_and_read(service: DbSessionService) -> None:
    ann = user(email="ann@example.com")
    with service.session_scope() as session:
        assert UserRepository(session).create(ann) == ann
    with service.session_scope() as session:
        found = UserRepository(session).get(ann.id)
        assert found == ann
        assert UserRepository(session).get(str(ann.id)) == ann
    assert type(found) is User
    assert (found.version, found.created_at.tzinfo) == (1, UTC)


def test_a_time_of_another_zone_is_the_same_moment(service: DbSessionService) -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    ann = user().model_copy(update={"created_at": noon})
    stored(service, ann)
    with service.session_scope() as session:
        found = UserRepository(session).get(ann.id)
    assert found
    assert (found.created_at, found.created_at.tzinfo) == (noon, UTC)


class Account(Entity):
    """What an application shows of it is less than what it stores."""

    name: str
    secret: str | None = Field(default=None, exclude=True)

    @field_serializer("name")
    def masked(self, name: str) -> str:
        return name[0] + "***"


class AccountTable(EntityTable, Account, table=True):
    metadata = MetaData(schema="app")  # in no history
    __tablename__ = "accounts"


class AccountRepository(Repository[Account, AccountTable]):
    entity = Account
    table = AccountTable


def test_what_is_shown_otherwise_is_stored_as_it_is(tmp_path: Path) -> None:
    service = DbSessionService(read_settings(url=f"sqlite:///{tmp_path}/database.db"))
    AccountTable.metadata.create_all(service.engine)
    ann, bob = (Account(name=name, secret="s1") for name in ("ann", "bob"))
    with service.session_scope() as session:
        accounts = AccountRepository(session)
        accounts.create(ann)
        accounts.create_many([bob])
        ann.secret = "s2"
        accounts.update(ann)
    with service.session_scope() as session:
        found = {one.name: one.secret for one in AccountRepository(session).list()}
    assert found == {"ann": "s2", "bob": "s1"}
    DbSessionService.reset()


def test_an_update_of_a_row_that_is_held_since_before(service: DbSessionService) -> None:
    ann = user()
    stored(service, ann)
    with service.session_scope() as session:
        users = UserRepository(session)
        row = session.get(UserTable, ann.id)
        session.commit()
        with service.session_scope() as another:
            UserRepository(another).update(ann.model_copy(update={"last_name": "Jones"}))
        found = users.get(ann.id)
        assert found
        assert users.update(found.model_copy(update={"first_name": "Anna"})).version == 3
        assert row
        session.commit()
        with service.session_scope() as another:
            UserRepository(another).delete(ann.id)
        with pytest.raises(StaleError):
            users.update(ann)


def test_a_duplicate_is_the_same_in_another_process(service: DbSessionService) -> None:
    ann = user(email="ann@example.com")
    with service.session_scope() as session:
        with pytest.raises(DuplicateError) as refused:
            UserRepository(session).create_many([ann, user(email="ann@example.com")])
        again = pickle.loads(pickle.dumps(refused.value))
    assert (type(again), str(again)) == (DuplicateError, str(refused.value))
    assert again.constraint == "uq_users_email_lower"


def test_what_is_not_there_is_none(service: DbSessionService) -> None:
    ann = user()
    stored(service, ann)
    with service.session_scope() as session:
        users = UserRepository(session)
        assert (users.get(uuid4()), users.exists(uuid4()), users.exists(ann.id)) == (
            None, False, True)  # fmt: skip
        with pytest.raises(ValueError, match="badly formed hexadecimal UUID"):
            users.get("nonsense")


def test_what_the_session_has_not_written_yet_is_seen(service: DbSessionService) -> None:
    ann = user()
    stored(service, ann)
    with service.session_scope() as session:
        row = session.get(UserTable, ann.id)
        assert row
        row.first_name = "Anna"
        users = UserRepository(session)
        with session.no_autoflush:
            assert users.get(ann.id) == ann
        found = users.get(ann.id)
        assert found
        assert (found.first_name, found.version) == ("Anna", 2)


def test_an_email_is_one_users_where_given(service: DbSessionService) -> None:
    stored(service, user(), user(), user(email="ann@example.com"))
    with service.session_scope() as session:
        users = UserRepository(session)
        bob, second = users.create(user("Bob")), user(email="ANN@example.com")
        with pytest.raises(DuplicateError, match="uq_users_email_lower") as refused:
            users.create(second)
        assert refused.value.constraint == "uq_users_email_lower"
        assert isinstance(refused.value, IntegrityError)
        assert "ann@" not in told(refused.value).lower()
        assert users.exists(bob.id)  # the session goes on
    with service.session_scope() as session:
        assert len(UserRepository(session).list()) == 4


def test_an_id_is_used_once(service: DbSessionService) -> None:
    ann = user()
    stored(service, ann)
    with service.session_scope() as session, pytest.raises(DuplicateError, match="pk_users"):
        UserRepository(session).create(ann)


def test_an_update_has_the_next_version(service: DbSessionService) -> None:
    ann = user()
    stored(service, ann)
    with service.session_scope() as session:
        users = UserRepository(session)
        ann.first_name = "Anna"
        updated = users.update(ann)
        assert (updated.first_name, updated.version) == ("Anna", 2)
        assert updated.created_at == ann.created_at
        assert updated.updated_at > ann.updated_at
        updated.last_name = "Jones"
        assert users.update(updated).version == 3
    with service.session_scope() as session:
        found = UserRepository(session).get(ann.id)
        assert found
        assert (found.first_name, found.last_name, found.version) == ("Anna", "Jones", 3)
        assert found.updated_at > updated.updated_at


def test_an_update_leaves_what_is_not_the_callers(service: DbSessionService) -> None:
    ann = user()
    stored(service, ann)
    with service.session_scope() as session:
        told = ann.model_copy(update={"created_at": datetime(2020, 1, 1, tzinfo=UTC),
                                      "updated_at": datetime(2020, 1, 1, tzinfo=UTC),
                                      "first_name": "Anna"})  # fmt: skip
        updated = UserRepository(session).update(told)
        assert updated.created_at == ann.created_at
        assert updated.updated_at > ann.updated_at


def test_an_update_that_changes_nothing_is_none(service: DbSessionService) -> None:
    ann = user()
    stored(service, ann)
    with service.session_scope() as session:
        assert UserRepository(session).update(ann) == ann


def test_a_lost_update_is_an_error(service: DbSessionService) -> None:
    ann, bob = user(), user("Bob")
    stored(service, ann, bob)
    with service.session_scope() as session:
        users = UserRepository(session)
        first, second = users.get(ann.id), users.get(ann.id)
        assert first
        assert second
        first.first_name, second.first_name = "First", "Second"
        users.update(first)
        said = rf"^User {ann.id} was changed or deleted since its version 1 was read; read it again"
        with pytest.raises(StaleError, match=said):
            users.update(second)
        users.delete(bob.id)
        with pytest.raises(StaleError):
            users.update(bob)
    with service.session_scope() as session:
        found = UserRepository(session).get(ann.id)
        assert found
        assert found.first_name == "First"


def test_one_of_two_updates_at_the_same_time_is_lost(service: DbSessionService) -> None:
    ann = user()
    stored(service, ann)
    read, results = threading.Barrier(2), []
    # SQLite refuses whoever would write after another has, before it looks at a row.
    lost: tuple[type[Exception], ...] = (StaleError,)
    if service.engine.dialect.name == "sqlite":
        lost = (StaleError, OperationalError)

    def rename(name: str) -> None:
        try:
            with service.session_scope() as session:
                users = UserRepository(session)
                found = users.get(ann.id)
                row = session.get(UserTable, ann.id)  # both have it before one writes
                session.rollback()
                read.wait(timeout=30)
                assert found
                found.first_name = name
                users.update(found)
                assert row
            results.append(name)
        except lost:
            results.append("stale")

    threads = [threading.Thread(target=rename, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "stale" in results
    assert len(set(results)) == 2
    with service.session_scope() as session:
        found = UserRepository(session).get(ann.id)
        assert found
        assert found.first_name in results
        assert found.version == 2


def test_a_row_that_changed_under_the_session_is_stale(service: DbSessionService) -> None:
    ann = user()
    stored(service, ann)
    with service.session_scope() as session:
        users = UserRepository(session)
        row = session.get(UserTable, ann.id)
        assert row
        session.execute(text("UPDATE app.users SET last_name = 'x'"))  # the identity map is older
        ann.first_name = "Anna"
        with pytest.raises(StaleError) as refused:
            users.update(ann)
        assert isinstance(refused.value, StaleDataError)


def test_an_update_to_a_taken_email_is_refused(service: DbSessionService) -> None:
    ann, bob = user(email="ann@example.com"), user("Bob", "bob@example.com")
    stored(service, ann, bob)
    with service.session_scope() as session:
        users = UserRepository(session)
        bob.email = "Ann@Example.com"
        with pytest.raises(DuplicateError, match="uq_users_email_lower"):
            users.update(bob)
        ann.first_name = "Anna"
        assert users.update(ann).version == 2


def test_the_database_keeps_time_and_version(service: DbSessionService) -> None:
    ann = user()
    ann.updated_at = datetime(2020, 1, 1, tzinfo=UTC)
    stored(service, ann)
    with service.session_scope() as session:
        session.execute(text("UPDATE app.users SET first_name = 'Anna'"))
    with service.session_scope() as session:
        users = UserRepository(session)
        found = users.get(ann.id)
        assert found
        assert found.version == 2
        assert datetime.now(UTC) - found.updated_at < timedelta(minutes=1)
        with pytest.raises(StaleError):
            users.update(ann)


def test_a_row_of_sql_has_times(service: DbSessionService) -> None:
    key = uuid4()
    sql = "INSERT INTO app.users (id, first_name, last_name) VALUES (:id, 'Ann', 'Smith')"
    with service.session_scope() as session:
        postgresql = session.get_bind().dialect.name == "postgresql"
        session.execute(text(sql), {"id": key if postgresql else key.hex})
    with service.session_scope() as session:
        found = UserRepository(session).get(key)
    assert found
    assert datetime.now(UTC) - found.created_at < timedelta(minutes=1)
    assert (found.version, found.updated_at) == (1, found.created_at)


def test_a_time_without_a_zone_is_refused(service: DbSessionService) -> None:
    ann = user()
    ann.created_at = datetime(2020, 1, 1)  # noqa: DTZ001 RUF100 it is the point
    with pytest.raises(Exception, match="has no time zone"), service.session_scope() as session:
        UserRepository(session).create(ann)


def test_pages_follow_each_other(service: DbSessionService) -> None:
    same = datetime(2020, 1, 1, tzinfo=UTC)
    users = [user(str(number)) for number in range(7)]
    for one in users[2:5]:
        one.created_at = same  # they are told apart by their id
    stored(service, *users)
    wanted = sorted(users, key=lambda one: (one.created_at, one.id))
    with service.session_scope() as session:
        repository = UserRepository(session)
        assert repository.list() == wanted
        pages, after = [], None
        for _ in range(4):
            page = repository.list(limit=2, after=after)
            pages.append(list(page))
            after = page[-1]
        assert pages == [wanted[0:2], wanted[2:4], wanted[4:6], wanted[6:7]]
        last = (wanted[6].created_at, wanted[6].id)
        assert repository.list(after=last) == []


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_page_has_a_length(service: DbSessionService, limit: int) -> None:
    said = rf"^limit is {limit}; needs 1 to 1000"
    with pytest.raises(ValueError, match=said), service.session_scope() as session:
        UserRepository(session).list(limit=limit)


def test_many_are_created_or_none(service: DbSessionService) -> None:
    many = [user(str(number)) for number in range(1000)]
    with service.session_scope() as session:
        users = UserRepository(session)
        assert users.create_many(many) == many
        assert users.create_many([]) == []
        with pytest.raises(DuplicateError):
            users.create_many([user("new"), many[500]])
    with service.session_scope() as session:
        assert len(UserRepository(session).list(limit=1000)) == 1000
        assert UserRepository(session).get(many[999].id) == many[999]


def test_what_is_deleted_is_gone_with_its_identities(service: DbSessionService) -> None:
    ann = user()
    identity = UserIdentity(user_id=ann.id, issuer=ISSUERS[0], subject="1")
    stored(service, ann)
    with service.session_scope() as session:
        UserIdentityRepository(session).create(identity)
    with service.session_scope() as session:
        users = UserRepository(session)
        assert (users.delete(ann.id), users.delete(ann.id)) == (True, False)
        assert not UserIdentityRepository(session).exists(identity.id)


def test_entities_are_checked(service: DbSessionService) -> None:
    ann = user()
    stored(service, ann)
    ann.first_name = 5  # type: ignore[assignment]
    with service.session_scope() as session:
        for method in (UserRepository(session).update, UserRepository(session).create):
            with pytest.raises(ValueError, match="first_name"):
                method(ann)


@pytest.mark.parametrize("issuer", ISSUERS)
def test_a_login_leads_to_its_user_in_one_statement(service: DbSessionService, issuer: str) -> None:
    ann, bob, statements = user(), user("Bob"), []
    stored(service, ann, bob)
    with service.session_scope() as session:
        identities = UserIdentityRepository(session)
        identities.create(UserIdentity(user_id=ann.id, issuer=issuer, subject="1"))
        identities.create(UserIdentity(user_id=bob.id, issuer=issuer + "2", subject="1"))
    with service.session_scope() as session:
        identities = UserIdentityRepository(session)
        event.listen(service.engine, "before_cursor_execute",
                     lambda *about: statements.append(about[2]))  # fmt: skip
        assert identities.find_user(issuer, "1") == ann
        assert len([one for one in statements if one != "BEGIN"]) == 1  # SQLite's is a statement
        assert identities.find_user(issuer, "2") is None
        with pytest.raises(DuplicateError, match="uq_user_identities_issuer_subject"):
            identities.create(UserIdentity(user_id=bob.id, issuer=issuer, subject="1"))


def test_an_identity_needs_its_user(service: DbSessionService) -> None:
    identity = UserIdentity(user_id=uuid4(), issuer=ISSUERS[0], subject="1")
    with service.session_scope() as session:
        with pytest.raises(IntegrityError) as refused:
            UserIdentityRepository(session).create(identity)
        assert not isinstance(refused.value, DuplicateError)
        assert not re.search(f"{identity.user_id}|{identity.id.hex}", told(refused.value))
        assert UserRepository(session).list() == []


def test_ids_are_uuids(service: DbSessionService) -> None:
    stored(service, user())
    with service.session_scope() as session:
        (row,) = session.execute(text("SELECT * FROM app.users")).all()
    assert isinstance(row.id, UUID if service.engine.dialect.name == "postgresql" else str)
