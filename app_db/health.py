"""Whether the database answers, asked on a connection that is not the pool's."""

import logging
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from threading import Lock, Thread

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app_db.translation import message

logger = logging.getLogger(__name__)

LIMIT = 2.0  # seconds
# A connection of its own: an exhausted pool is saturation, not illness.
OWN = {"pool_size": 1, "max_overflow": 0, "connect_timeout": LIMIT, "isolation_level": "AUTOCOMMIT",
       "echo": False}  # fmt: skip


class Health:
    """SELECT 1, answered within LIMIT seconds or not.

    A thread asks, for neither a name server nor a server that has stopped keeps to a limit. One
    at a time: while it waits, all who ask get its answer.
    """

    def __init__(self, engine: Engine) -> None:
        self.consecutive_failures = 0
        self._engine = engine
        self._lock = Lock()
        self._asked: Future[None] | None = None

    def check(self) -> bool:
        try:
            self._ask().result(LIMIT)
        except (SQLAlchemyError, TookTooLong) as e:
            self._failed(e)
            return False
        self.consecutive_failures = 0
        return True

    def close(self) -> None:
        self._engine.dispose()

    def forget(self) -> None:
        """In a forked child: its parent's connection, thread and lock are not its own."""
        self._engine.dispose(close=False)
        self._lock, self._asked, self.consecutive_failures = Lock(), None, 0

    def _failed(self, error: Exception) -> None:
        self.consecutive_failures += 1
        said = message(error) or f"no answer within {LIMIT:g} s"
        logger.error("Database health check failed", extra={
            "error_type": type(error).__name__, "error_message": said,
            "consecutive_health_failures": self.consecutive_failures,
        })  # fmt: skip

    def _ask(self) -> "Future[None]":
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = Future()
                Thread(target=self._answer, args=(self._asked,), name="app_db.health",
                       daemon=True).start()  # fmt: skip
            return self._asked

    def _answer(self, asked: "Future[None]") -> None:
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("SELECT 1")
        except Exception as e:
            asked.set_exception(e)
        else:
            asked.set_result(None)
