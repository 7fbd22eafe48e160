"""Sessions that know where they were opened, so that a leak has a name."""

import logging
import os
import socket
import sys
import time
import weakref
from types import FrameType
from typing import Any

from sqlalchemy import Connection
from sqlmodel import Session
from typing_extensions import override

logger = logging.getLogger(__name__)

OURS = ("app_db.", "contextlib")


class TrackedSession(Session):
    """A Session that warns when it is thrown away without close()."""

    opened_at: str | None = None
    opened = 0.0
    registry: "OpenSessions | None" = None

    @override
    def close(self) -> None:
        super().close()
        if self.registry is not None:
            self.registry.forget(self)

    def __del__(self) -> None:
        if self.registry is not None and not sys.is_finalizing():
            self.registry.leaked(self)


class OpenSessions:
    """The sessions of a process that are not closed yet."""

    def __init__(self) -> None:
        self._open: dict[int, weakref.ref[TrackedSession]] = {}

    def add(self, session: TrackedSession) -> None:
        session.opened_at = _caller()
        session.opened = time.monotonic()
        session.registry = self
        self._open[id(session)] = weakref.ref(session)

    def forget(self, session: TrackedSession) -> None:
        self._open.pop(id(session), None)

    def leaked(self, session: TrackedSession) -> None:
        """Say so, unless it was closed."""
        was_open = self._open.pop(id(session), None)
        if was_open is None:
            return
        logger.warning(
            "session opened at %s was never closed; use session_scope(), or close() it",
            session.opened_at,
            extra={"opened_at": session.opened_at},
        )

    def holders(self) -> list[str]:
        """Where the sessions that hold a connection were opened, the oldest first."""
        holding = []
        for session in self._alive():
            if _connections(session):
                holding.append(session)
        holding.sort(key=lambda session: session.opened)
        now = time.monotonic()
        told = []
        for session in holding:
            seconds = now - session.opened
            told.append(f"{session.opened_at} for {seconds:.1f} s")
        return told

    def abandon(self) -> None:
        """In a forked child they are its parent's: nothing that it says arrives there."""
        nowhere, end = socket.socketpair()
        end.close()  # as if the server had closed it
        with nowhere:
            for session in self._alive():
                for connection in _connections(session):
                    driver: Any = connection.connection.driver_connection
                    if hasattr(driver, "fileno"):  # SQLite's has none
                        os.dup2(nowhere.fileno(), driver.fileno())
        self._open.clear()

    def _alive(self) -> list[TrackedSession]:
        sessions = []
        for reference in list(self._open.values()):
            session = reference()
            if session is not None:
                sessions.append(session)
        return sessions


def _connections(session: Session) -> list[Connection]:
    # in_transaction() is true while a session waits for its connection, too.
    transaction = session.get_transaction()
    if transaction is None:
        return []
    held = []
    for entry in list(transaction._connections.values()):  # another thread may be at work on it
        connection = entry[0]
        if not connection.closed and not connection.invalidated:
            held.append(connection)
    return held


def _caller() -> str:
    """The first line of whoever is not we."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = str(frame.f_globals.get("__name__"))
        if not module.startswith(OURS):
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back
    return "an unknown place"
