"""New connections to PostgreSQL, as SQLAlchemy's event do_connect opens them."""

import logging
import math
import time
from typing import Any

import psycopg
from sqlalchemy import Dialect

from app_db.passwords import Password

logger = logging.getLogger(__name__)

LEAST = 2  # seconds; libpq takes less for this
FIRST_PAUSE = 0.05  # seconds
LONGEST_PAUSE = 0.8  # seconds


class Connector:
    """Opens connections, each with the password as its file has it at that moment.

    A server that restarts, or a password that is just being changed, is waited for: what fails
    is tried again until ``timeout`` seconds after the first failure since something succeeded.
    When these are over, each call tries once: an outage is told at once, not after a wait.
    """

    def __init__(self, password: Password, timeout: float) -> None:
        self._password = password
        self._timeout = timeout
        # A server that is gone without a word is noticed then, not after TCP's quarter of an hour.
        self._noticing = {
            "tcp_user_timeout": int(1000 * timeout),
            "keepalives_idle": int(timeout),
        }
        self._failing_since: float | None = None

    def __call__(
        self, dialect: Dialect, _record: object, cargs: list[Any], cparams: dict[str, Any]
    ) -> Any:
        """A connection of psycopg's. Raises psycopg.Error."""
        try:
            return self._until_answered(dialect, cargs, cparams)
        except psycopg.Error as e:
            # The frames below have the password in their locals, and some tools show those.
            e.__context__ = None
            e._pgconn = None  # likewise, and what libpq was given
            raise e.with_traceback(None) from None

    def _until_answered(self, dialect: Dialect, cargs: list[Any], cparams: dict[str, Any]) -> Any:
        begun = time.monotonic()
        pause = FIRST_PAUSE
        while True:  # ends at the deadline, if not before
            try:
                connection = self._once(dialect, cargs, cparams)
            except psycopg.OperationalError as e:
                if not self._may_try_again(e, begun, pause):
                    raise
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                self._failing_since = None
                return connection

    def _once(self, dialect: Dialect, cargs: list[Any], cparams: dict[str, Any]) -> Any:
        given = {**self._noticing, **cparams}
        given["connect_timeout"] = self._seconds_left()
        password = self._read()
        if password is not None:
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
        left = self._timeout
        since = self._failing_since
        if since is not None:
            deadline = since + self._timeout
            left = deadline - time.monotonic()
        if left <= 0:
            left = self._timeout
        return max(LEAST, int(left))

    def _may_try_again(self, error: Exception, begun: float, pause: float) -> bool:
        since = self._failing_since
        if since is None:
            since = begun
            self._failing_since = begun
            logger.warning(
                "Database connection failed, trying again",
                extra={
                    "error_type": type(error).__name__,
                    "error_message": str(error),
                },
            )
        deadline = since + self._timeout
        if time.monotonic() + pause >= deadline:
            self._failing_since = -math.inf  # from now on each call tries once
            return False
        time.sleep(pause)
        return True
