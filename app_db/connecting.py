"""New connections to PostgreSQL, as SQLAlchemy's event do_connect opens them."""

import logging
import math
import time
from collections.abc import Iterator
from typing import Any

import psycopg
from sqlalchemy import Dialect

from app_db.passwords import Password

logger = logging.getLogger(__name__)

LEAST = 2  # seconds; libpq takes less for this
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 0.8  # seconds


class Connector:
    """Opens connections, each with the password as its file has it at that moment.

    A server that restarts, or a password that is just being changed, is waited for: what fails
    is tried again until ``timeout`` seconds after the first failure since something succeeded.
    When these are over, each call tries once: an outage is told at once, not after a wait.
    """

    def __init__(self, password: Password, timeout: float) -> None:
        self._password, self._timeout = password, timeout
        # A server that is gone without a word is noticed then, not after TCP's quarter of an hour.
        self._noticing = {"tcp_user_timeout": int(1000 * timeout), "keepalives_idle": int(timeout)}
        self._failing_since: float | None = None

    def __call__(
        self, dialect: Dialect, _record: object, cargs: list[Any], cparams: dict[str, Any]
    ) -> Any:
        """A connection of psycopg's. Raises psycopg.Error."""
        try:
            return self._until_answered(dialect, cargs, cparams)
        except psycopg.Error as e:
            # The frames below have the password in their locals, and some tools show those.
            e.__context__ = e._pgconn = None  # likewise, and what libpq was given
            raise e.with_traceback(None) from None

    def _until_answered(self, dialect: Dialect, cargs: list[Any], cparams: dict[str, Any]) -> Any:
        begun, pauses = time.monotonic(), _pauses()
        while True:  # ends at the deadline, if not before
            try:
                connection = self._once(dialect, cargs, cparams)
            except psycopg.OperationalError as e:
                if not self._may_try_again(e, begun, next(pauses)):
                    raise
            else:
                self._failing_since = None
                return connection

    def _once(self, dialect: Dialect, cargs: list[Any], cparams: dict[str, Any]) -> Any:
        given = {**self._noticing, **cparams, "connect_timeout": self._seconds_left()}
        if (password := self._read()) is not None:
            given["password"] = password
        return dialect.connect(*cargs, **given)

    def _read(self) -> str | None:
        try:
            return self._password.read()
        except (OSError, ValueError) as e:
            said = getattr(e, "strerror", None) or e
            raise psycopg.OperationalError(
                f"password file '{self._password.file}' cannot be used: {said}; write the "
                "password into it, or name its file with database.password_file"
            ) from None

    def _seconds_left(self) -> int:
        since = self._failing_since
        left = self._timeout if since is None else since + self._timeout - time.monotonic()
        return max(LEAST, int(left if left > 0 else self._timeout))

    def _may_try_again(self, error: Exception, begun: float, pause: float) -> bool:
        since = self._failing_since
        if since is None:
            since = self._failing_since = begun
            logger.warning("Database connection failed, trying again", extra={
                "error_type": type(error).__name__, "error_message": str(error),
            })  # fmt: skip
        if time.monotonic() + pause >= since + self._timeout:
            self._failing_since = -math.inf  # from now on each call tries once
            return False
        time.sleep(pause)
        return True


def _pauses() -> Iterator[float]:
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(2 * pause, LONGEST_PAUSE)
