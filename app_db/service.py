"""DbSessionService: the process's one engine, its sessions, and how they are."""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar, Self

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from app_db.engine import make_engine
from app_db.errors import BadSettingsError
from app_db.health import OWN, Health
from app_db.pool import PoolStatus, WatchedPool, counts
from app_db.sessions import OpenSessions, TrackedSession
from app_db.settings import DatabaseSettings, read_settings
from app_db.translation import message

logger = logging.getLogger(__name__)


class DbSessionService:
    """One for a process: each call of the class gives the same.

    The first one reads config.yaml and the environment, or takes ``settings``. Nothing connects
    before a session needs it. Safe among threads, and in the children of a fork.
    """

    settings: DatabaseSettings
    engine: Engine
    _bind: Engine | Connection

    _only: ClassVar["DbSessionService | None"] = None
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __new__(cls, settings: DatabaseSettings | None = None) -> "DbSessionService":
        with DbSessionService._lock:
            only = DbSessionService._only
            if only is None:
                only = super().__new__(cls)
                only._begin(settings or read_settings())
                DbSessionService._only = only
            elif settings is not None and settings != only.settings:
                raise BadSettingsError(
                    "this process has an engine with other settings; "
                    "DbSessionService.reset() forgets it"
                )
            return only

    @classmethod
    def reset(cls) -> None:
        """Close all connections and forget the engine: for tests, and when an application ends.

        Not while `joined_to` lasts: the application under test may end, its test goes on.
        """
        with DbSessionService._lock:
            service = DbSessionService._only
            if service is None or service._bind is not service.engine:
                return
            service.engine.dispose()
            service._health.close()
            DbSessionService._only = None

    def get_session(self) -> Session:
        """A session that whoever asks has to close. `session_scope` closes it by itself."""
        session = TrackedSession(
            self._bind,
            expire_on_commit=False,
            autoflush=True,
            join_transaction_mode="create_savepoint",
        )
        self._sessions.add(session)
        return session

    @contextmanager
    def session_scope(self) -> Iterator[Session]:
        """A session that is committed at the end, rolled back on an error, closed in any case.

        Raises what was raised inside; UnavailableError where there is no connection.
        """
        session = self.get_session()
        try:
            yield session
            session.commit()
        except Exception as e:
            # An error of the application's own, like a 404, ends a transaction and is no alarm.
            level = logging.INFO
            if isinstance(e, SQLAlchemyError):
                level = logging.ERROR
            logger.log(
                level,
                "Database transaction failed",
                extra={
                    "error_type": type(e).__name__,
                    "error_message": message(e),
                },
            )
            raise
        finally:
            session.close()  # which rolls back what was not committed

    def health_check(self) -> bool:
        """Whether `SELECT 1` is answered within 2 s, on a connection that is not the pool's."""
        return self._health.check()

    def get_pool_status(self) -> PoolStatus:
        """How the pool is; what each key means is said at PoolStatus."""
        found = counts(self._pool)
        saturation = found["checked_out"] / found["size"]
        return {
            **found,
            "saturation": saturation,
            "consecutive_health_failures": self._health.consecutive_failures,
        }

    @contextmanager
    def joined_to(self, connection: Connection) -> Iterator[Self]:
        """While it lasts, every session works on ``connection``, whose owner ends its transaction.

        For tests: a commit inside releases a savepoint.
        """
        self._bind = connection
        try:
            yield self
        finally:
            self._bind = self.engine

    def _begin(self, settings: DatabaseSettings) -> None:
        self.settings = settings
        self.engine = make_engine(settings)
        self._bind = self.engine
        self._sessions = OpenSessions()
        self._pool.watch.holders = self._sessions.holders
        engine_of_health = make_engine(settings, **OWN)
        self._health = Health(engine_of_health)
        logger.info(
            "Database engine initialized",
            extra={
                "pool_size": settings.pool_size,
                "max_overflow": settings.max_overflow,
                "pool_timeout": settings.pool_timeout,
                "pool_recycle": settings.pool_recycle,
            },
        )

    @property
    def _pool(self) -> WatchedPool:
        pool = self.engine.pool
        assert isinstance(pool, WatchedPool)  # noqa: S101 make_engine's only one
        return pool

    def _forked(self) -> None:
        # The connections are the parent's: closing them here would say goodbye in its name.
        self.engine.dispose(close=False)
        self._bind = self.engine
        self._pool.watch.invalid = 0
        self._sessions.abandon()
        self._health.forget()


def _after_fork_in_child() -> None:
    DbSessionService._lock = threading.Lock()  # another thread may have held it
    if DbSessionService._only is not None:
        DbSessionService._only._forked()


os.register_at_fork(after_in_child=_after_fork_in_child)
