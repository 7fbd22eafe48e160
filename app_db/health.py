"""Whether the database answers, asked on a connection that is not the pool's."""

import logging
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from threading import Lock, Thread

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app_db.translation import message

logger = logging.getLogger(__name__)

LIMIT = 2.0  # seconds
# A connection of its own: an exhausted pool is saturation, not illness.
OWN = {
    "pool_size": 1,
    "max_overflow": 0,
    "connect_timeout": LIMIT,
    "isolation_level": "AUTOCOMMIT",
    "echo": False,
}


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
        self._asked_at = 0.0
        self._counted: Future[None] | None = None

    def check(self) -> bool:
        asked = self._ask()
        try:
            asked.result(LIMIT)
        except (SQLAlchemyError, TookTooLong) as e:
            self._failed(asked, e)
            return False
        self.consecutive_failures = 0
        return True

    def close(self) -> None:
        self._engine.dispose()

    def forget(self) -> None:
        """In a forked child: its parent's connection, thread and lock are not its own."""
        self._engine.dispose(close=False)
        self._lock = Lock()
        self._asked = None
        self.consecutive_failures = 0

    def _failed(self, asked: "Future[None]", error: Exception) -> None:
        """Counted once, however many have waited for that answer."""
        with self._lock:
            if asked is self._counted:
                return
            self._counted = asked
            self.consecutive_failures += 1
        said = message(error) or f"no answer within {LIMIT:g} s"
        logger.error(
            "Database health check failed",
            extra={
                "error_type": type(error).__name__,
                "error_message": said,
                "consecutive_health_failures": self.consecutive_failures,
            },
        )

    def _ask(self) -> "Future[None]":
        with self._lock:
            asked = self._asked
            if asked is not None and not asked.done():
                waited = time.monotonic() - self._asked_at
                if waited <= LIMIT:
                    return asked
                # The connection may be dead without a word, and the server well.
                self._engine.dispose()
            asked = Future()
            self._asked = asked
            self._asked_at = time.monotonic()
            thread = Thread(
                target=self._answer,
                args=(asked,),
                name="app_db.health",
                daemon=True,
            )
            thread.start()
            return asked

    def _answer(self, asked: "Future[None]") -> None:
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("SELECT 1")
                if asked is not self._asked:
                    connection.detach()  # of a pool that is gone: closed, and not kept
        except Exception as e:
            asked.set_exception(e)
        else:
            asked.set_result(None)
