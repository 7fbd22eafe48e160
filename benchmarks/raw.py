"""What an application would do without app_db: psycopg 3 and the same SQL."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import LifoQueue
from uuid import UUID

import psycopg

from app_db import User
from app_db.settings import DatabaseSettings

Row = tuple[object, ...]
COLUMNS = ("id", "created_at", "updated_at", "version", "first_name", "last_name", "email")
SELECT = f"SELECT {', '.join(COLUMNS)} FROM app.users WHERE id = %s"  # noqa: S608 ours
INSERT = (f"INSERT INTO app.users ({', '.join(COLUMNS)}) "  # noqa: S608
          f"VALUES ({', '.join(['%s'] * len(COLUMNS))})")  # fmt: skip
UPDATE = "UPDATE app.users SET first_name = %s, version = version + 1 WHERE id = %s"


def connect(settings: DatabaseSettings) -> psycopg.Connection:
    """As app_db connects: over TCP and TLS, the server's name verified."""
    assert settings.password_file  # noqa: S101 a deployed server's has one
    url = settings.url
    connection = psycopg.connect(
        host=url.host, port=url.port, dbname=url.database, user=url.username,
        password=settings.password_file.read_text().strip(), sslmode="verify-full",
        sslrootcert=str(settings.sslrootcert),
    )  # fmt: skip
    assert connection.pgconn.ssl_in_use  # noqa: S101
    return connection


class Pool:
    """The least that a pool can be: a connection is asked before it is given."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._idle: LifoQueue[psycopg.Connection] = LifoQueue()
        self._idle.put(connection)

    def take(self) -> psycopg.Connection:
        connection = self._idle.get()
        ping(connection)
        return connection

    def put(self, connection: psycopg.Connection) -> None:
        self._idle.put(connection)

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        """BEGIN goes before the first statement; COMMIT."""
        connection = self.take()
        yield connection
        connection.commit()
        self.put(connection)


def ping(connection: psycopg.Connection) -> None:
    """Outside of a transaction."""
    connection.autocommit = True
    connection.execute("SELECT 1").fetchone()
    connection.autocommit = False


def get(connection: psycopg.Connection, key: UUID) -> Row | None:
    return connection.execute(SELECT, (key,)).fetchone()


def values(user: User) -> Row:
    return tuple(getattr(user, name) for name in COLUMNS)


def insert_many(connection: psycopg.Connection, rows: Sequence[Row]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(INSERT, rows)
