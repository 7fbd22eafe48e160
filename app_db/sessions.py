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
        session.opened_at, session.opened = _caller(), time.monotonic()
        session.registry = self
        self._open[id(session)] = weakref.ref(session)

    def forget(self, session: TrackedSession) -> None:
        self._open.pop(id(session), None)

    def leaked(self, session: TrackedSession) -> None:
        """Say so, unless it was closed."""
        if self._open.pop(id(session), None) is not None:
            logger.warning(
                "session opened at %s was never closed; use session_scope(), or close() it",
                session.opened_at, extra={"opened_at": session.opened_at},
            )  # fmt: skip

    def holders(self) -> list[str]:
        """Where the sessions that hold a connection were opened, the oldest first."""
        sessions = [session for ref in list(self._open.values()) if (session := ref())]
        holding = sorted(filter(_connections, sessions), key=lambda s: s.opened)
        now = time.monotonic()
        return [f"{s.opened_at} for {now - s.opened:.1f} s" for s in holding]

    def abandon(self) -> None:
        """In a forked child they are its parent's: nothing that it says arrives there."""
        nowhere, end = socket.socketpair()
        end.close()  # as if the server had closed it
        with nowhere:
            for connection in [one for ref in self._open.values() for one in _connections(ref())]:
                driver: Any = connection.connection.driver_connection
                if hasattr(driver, "fileno"):  # SQLite's has none
                    os.dup2(nowhere.fileno(), driver.fileno())
        self._open.clear()


def _connections(session: Session | None) -> list[Connection]:
    # in_transaction() is true while a session waits for its connection, too.
    transaction = session.get_transaction() if session else None
    held = [entry[0] for entry in transaction._connections.values()] if transaction else []
    return [connection for connection in held if not (connection.closed or connection.invalidated)]


def _caller() -> str:
    """The first line of whoever is not we."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and str(frame.f_globals.get("__name__")).startswith(OURS):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "an unknown place"
