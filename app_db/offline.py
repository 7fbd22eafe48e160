"""Alembic's `--sql`, meaning what the same revisions mean on a connection.

Alembic's own offline mode compiles statements in another way than its online mode does: `:word`
becomes NULL, a tab four spaces, a dict no JSON, and a step behind "am I offline?" is left out.
Here a revision runs as it does online, on a connection that writes down what it is sent.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, make_url
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateTable
from typing_extensions import override

from app_db.recorded import Check, Recorded, RecordingDialect

URL = make_url("postgresql+psycopg://")


def accept(_statement: str) -> None:
    """Whatever it is."""


@contextmanager
def recording(check: Check = accept) -> Iterator[None]:
    """Let whoever configures an offline context get one that records.

    Each statement is shown to ``check``, which may raise. Raises UsesDatabaseError where a revision
    asks for an answer, even if the revision catches it.
    """
    alembics = MigrationContext.configure
    if isinstance(alembics, _Configure):  # within our own process that renders
        yield
        return
    ours = _Configure(alembics, check)
    MigrationContext.configure = ours  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        MigrationContext.configure = alembics  # type: ignore[method-assign]
        ours.finish()


class _Configure:
    """In the place of MigrationContext.configure."""

    def __init__(self, alembics: Callable[..., MigrationContext], check: Check) -> None:
        self._alembics = alembics
        self._check = check
        self._made: list[tuple[Recorded, Connection]] = []

    def __call__(
        self, connection: Connection | None = None, opts: Any = None, **given: Any
    ) -> MigrationContext:
        if not opts or not opts.get("as_sql"):
            return self._alembics(connection=connection, opts=opts, **given)
        start = opts.get("starting_rev")
        # The environment's own, too: it is they that `context.is_offline_mode()` looks at.
        opts["as_sql"] = False
        opts["literal_binds"] = False
        opts["starting_rev"] = None
        output = opts.get("output_buffer") or sys.stdout
        recorded = Recorded(output, self._check)
        dialect = RecordingDialect(recorded, dbapi=psycopg)
        connection = _connected(recorded, dialect)
        self._made.append((recorded, connection))
        environment = given.get("environment_context")
        context = _RecordingContext(dialect, connection, opts, environment)
        context.start = start
        context.recorded = recorded
        return context

    def finish(self) -> None:
        for recorded, connection in self._made:
            connection.close()
            recorded.finish()


def _connected(recorded: Recorded, dialect: RecordingDialect) -> Connection:
    driver: Any = recorded
    pool = NullPool(lambda: driver, dialect=dialect)
    engine = Engine(pool, dialect, URL)
    return engine.connect()


class _RecordingContext(MigrationContext):
    """An online context, but that it is told where the database is."""

    start: str | list[str] | None
    recorded: Recorded

    @override
    def get_current_heads(self) -> tuple[str, ...]:
        names = self.start
        if names is None:
            return ()
        if isinstance(names, str):
            names = [names]
        return tuple(name for name in names if name != "base")

    @override
    def _ensure_version_table(self, purge: bool = False) -> None:
        assert self.connection is not None  # noqa: S101 it is the recording one
        with self.connection.begin():
            self.connection.execute(CreateTable(self._version, if_not_exists=True))

    @override
    def run_migrations(self, **kw: Any) -> None:
        steps = self._migrations_fn
        assert steps is not None  # noqa: S101 a command has given it

        def told(heads: Any, context: MigrationContext) -> Iterator[Any]:
            for step in steps(heads, context):
                self.recorded.remark(f"Running {step.short_log}")
                yield step

        self._migrations_fn = told
        super().run_migrations(**kw)
