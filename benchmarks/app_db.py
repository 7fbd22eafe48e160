"""What app_db costs: the specification's latencies, and its ratio to psycopg 3 alone.

    make bench-app

Each round does the same by app_db and by psycopg 3 on one server over TLS, so that whatever else
this machine does is in both; before them, as development has it: every statement and its values
into a log, on SQLite and on the same server. The server is the benchmark's own.
"""

import logging
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from statistics import quantiles
from uuid import uuid4

from sqlalchemy import text

from app_db import DbManageService, DbSessionService, User, UserRepository
from app_db.settings import DatabaseSettings, read_settings
from benchmarks import raw
from benchmarks.environment import ROOT, Environment, environment
from benchmarks.measure import best, clock, heading, row, run

# The specification's latencies in ms: development, production.
PROMISED = {
    "Get session from pool": ("< 1", "< 1"),
    "Simple SELECT by ID": ("1-5", "1-3"),
    "INSERT single row": ("2-10", "2-5"),
    "UPDATE single row": ("2-10", "2-5"),
    "Transaction commit": ("5-20", "3-10"),
    "Health check (SELECT 1)": ("1-5", "1-3"),
}
SESSION, SELECT, INSERT, UPDATE, COMMIT, HEALTH = PROMISED
SCOPE, MANY = "session_scope and get", "create_many of 1,000"
STAGE = "development"
WARM, BULKS, IMPORTS, COUNT = 50, 30, 9, 1000
ROUNDS = max(2, int(os.environ.get("ROUNDS", "1000")))


class Samples:
    """How long each thing took, in ms."""

    def __init__(self) -> None:
        self._times: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self._times[what].append(1000 * (time.perf_counter() - begun))

    def percentiles(self, what: str) -> tuple[float, float]:
        """The median, and what one in a hundred exceeds."""
        cuts = quantiles(self._times[what], n=100)
        return cuts[49], cuts[98]

    def forget(self) -> None:
        self._times.clear()


class Ours:
    """What an application does with app_db."""

    def __init__(self, settings: DatabaseSettings) -> None:
        DbSessionService.reset()
        self.samples, self.service = Samples(), DbSessionService(settings)

    def round(self, one: User, two: User) -> User | None:
        of = self.samples.of
        with of(SESSION):
            session = self.service.get_session()
            session.connection()
        users = UserRepository(session)
        read = users.get(one.id)  # begins the transaction
        assert read  # noqa: S101
        with of(SELECT):
            found = users.get(two.id)
        with of(INSERT):
            users.create(_user())
        with of(UPDATE):
            users.update(read.model_copy(update={"first_name": _name()}))
        with of(COMMIT):
            session.commit()
        session.close()
        with of(HEALTH):
            self.service.health_check()
        with of(SCOPE), self.service.session_scope() as session:
            UserRepository(session).get(two.id)
        return found

    def bulk(self, users: list[User]) -> None:
        session = self.service.get_session()
        session.execute(text("SELECT 1"))
        with self.samples.of(MANY):
            UserRepository(session).create_many(users)
        session.rollback()
        session.close()


class Raw:
    """The same by psycopg 3."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self.samples, self.pool = Samples(), raw.Pool(raw.connect(settings))

    def round(self, one: User, two: User) -> raw.Row | None:
        of = self.samples.of
        with of(SESSION):
            connection = self.pool.take()
        raw.get(connection, one.id)
        with of(SELECT):
            found = raw.get(connection, two.id)
        with of(INSERT):
            connection.execute(raw.INSERT, raw.values(_user()))
        with of(UPDATE):
            connection.execute(raw.UPDATE, (_name(), one.id))
        with of(COMMIT):
            connection.commit()
        with of(HEALTH):
            raw.ping(connection)
        self.pool.put(connection)
        with of(SCOPE), self.pool.transaction() as connection:
            raw.get(connection, two.id)
        return found

    def bulk(self, users: list[User]) -> None:
        rows = [raw.values(user) for user in users]
        connection = self.pool.take()
        connection.execute("SELECT 1")
        with self.samples.of(MANY):
            raw.insert_many(connection, rows)
        connection.rollback()
        self.pool.put(connection)


Side = Ours | Raw


def main() -> None:
    """Prints two tables of latencies beside what is promised, and ratios beside their limits."""
    with (
        tempfile.TemporaryDirectory(prefix="howdah-bench-", dir="/var/tmp") as folder,
        environment() as own,
    ):
        # SQLAlchemy's own logger: one without a handler would get one that prints.
        logging.getLogger("sqlalchemy.engine.Engine").addHandler(
            logging.FileHandler(f"{folder}/log")
        )
        sqlite = _development(read_settings(url=f"sqlite:///{folder}/database.db", stage=STAGE))
        own.pyinfra("deploy.py")
        echo = _development(_settings(own, stage=STAGE))
        settings = _settings(own)
        ours, theirs = Ours(settings), Raw(settings)
        _rounds(_users(settings), ours, theirs)
        _bulks(ours, theirs)
        DbSessionService.reset()
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores\n")
    _latencies("development", 0, {"SQLite": sqlite.samples, "PostgreSQL": echo.samples})
    _latencies("production", 1, {"app_db": ours.samples, "psycopg 3": theirs.samples})
    _ratios(ours.samples, theirs.samples)


def _development(settings: DatabaseSettings) -> Ours:
    DbManageService(settings).create_all()
    ours = Ours(settings)
    _rounds(_users(settings), ours)
    return ours


def _settings(own: Environment, **more: str) -> DatabaseSettings:
    return read_settings(
        **more,
        url=f"postgresql://appuser@127.0.0.1:{own.port}/appdb",
        sslrootcert=own.secrets / "ca.crt",
        password_file=own.secrets / "postgres_app_user_pw",
    )


def _user() -> User:
    name = _name()
    return User(first_name=name, last_name="Smith", email=f"{name}@example.com")


def _name() -> str:
    return str(uuid4())


def _users(settings: DatabaseSettings) -> list[User]:
    """Those that are read and changed; they are there already."""
    users = [_user() for _ in range(COUNT)]
    with DbSessionService(settings).session_scope() as session:
        UserRepository(session).create_many(users)
    return users


def _rounds(users: list[User], *sides: Side) -> None:
    for number in range(WARM + ROUNDS):
        if number == WARM:
            for side in sides:
                side.samples.forget()
        one, two = users[number % COUNT], users[(7 * number + 1) % COUNT]
        found = [side.round(one, two) for side in sides]
        assert None not in found  # noqa: S101


def _bulks(*sides: Side) -> None:
    for _ in range(BULKS):
        users = [_user() for _ in range(COUNT)]
        for side in sides:
            side.bulk(users)


def _latencies(stage: str, column: int, measured: dict[str, Samples]) -> None:
    print(f"{stage + ', ms':26}{'promised':>10}" + "".join(f"{of:>20}" for of in measured))
    print(f"{'':36}" + f"{'p50':>12}{'p99':>8}" * len(measured))
    for what, promised in PROMISED.items():
        percentiles = [one.percentiles(what) for one in measured.values()]
        cells = "".join(f"{p50:12.2f}{p99:8.2f}" for p50, p99 in percentiles)
        print(f"{what:26}{promised[column]:>10}{cells}")
    print()


def _ratios(ours: Samples, theirs: Samples) -> None:
    heading(("ms", "psycopg 3", "ratio", "limit"))
    for what, name, limit in (
        (SELECT, "get in an open session", "3"),
        (SCOPE, SCOPE, "6"),
        (MANY, MANY, "6"),
    ):
        row(name, limit, ours.percentiles(what)[0], theirs.percentiles(what)[0])
    heading(("ms", "sqlmodel", "ratio", "limit"))
    codes = ("from app_db import DbSessionService, UserRepository", "import sqlmodel")
    imports = best(IMPORTS, *(clock(partial(_python, code)) for code in codes))
    row("import of app_db", "+ 150 ms", *(1000 * seconds for seconds in imports))


def _python(code: str) -> None:
    run(sys.executable, "-c", code, cwd=ROOT)


if __name__ == "__main__":
    main()
