"""An attempt at the door of a server, as an application on its host makes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from typing_extensions import override

from deploys.target import Target
from howdah.errors import HowdahError
from howdah.options import Address
from howdah.verifiers import LOGINS
from tests.refusals import Attempt

TIMEOUT = 10  # seconds
Session = psycopg.Connection[Any]


class Secret(str):
    """A password that no traceback shows."""

    __slots__ = ()

    @override
    def __repr__(self) -> str:
        return "'…'"


@dataclass
class Door:
    """Where a server is, from there and from here."""

    address: Address
    near: tuple[str, int]
    ca: Path
    passwords: Mapping[str, Secret]  # by role
    # By role and database: one for all of its statements.
    sessions: dict[tuple[str, str], Session] = field(default_factory=dict, repr=False)
    known: dict[Attempt, str] = field(default_factory=dict)  # refusals

    def refuses(self, attempt: Attempt, **conninfo: Any) -> str:
        """What the attempt was refused with; empty: it has succeeded. Each is a login."""
        self.known[attempt] = self._refused(lambda: self._enter(attempt, conninfo))
        return self.known[attempt]

    def refused(self, attempt: Attempt) -> str:
        """The same of one that need not be made again: a wrong password waits for auth_delay."""
        return self.known.get(attempt) or self.refuses(attempt)

    def refuses_inside(self, attempt: Attempt) -> str:
        """The same of its statement, in a session that the role has already."""
        return self._refused(lambda: self._run(attempt))

    def _enter(self, attempt: Attempt, conninfo: Mapping[str, Any]) -> None:
        with self._login(attempt, conninfo) as session:
            session.execute(attempt.script)

    def _run(self, attempt: Attempt) -> None:
        key = (attempt.role, attempt.database)
        if key not in self.sessions:
            self.sessions[key] = self._login(attempt, {})
        session = self.sessions[key]
        try:
            session.execute(attempt.script)
        except psycopg.Error:
            if session.broken:
                del self.sessions[key]
            else:
                session.execute("ROLLBACK")
            raise

    def _login(self, attempt: Attempt, conninfo: Mapping[str, Any]) -> Session:
        given = {
            "host": str(self.address), "hostaddr": self.near[0], "port": self.near[1],
            "user": attempt.role, "dbname": attempt.database, "sslmode": "verify-full",
            "password": self.passwords.get(attempt.role), "sslrootcert": str(self.ca),
            "gssencmode": "disable", "sslcertmode": "disable", "connect_timeout": TIMEOUT,
            "application_name": "howdah", "autocommit": True, **attempt.conninfo, **conninfo,
        }  # fmt: skip
        return psycopg.connect(**given)

    def _refused(self, attempt: Callable[[], None]) -> str:
        try:
            attempt()
        except psycopg.Error as e:
            return str(e)
        except BaseException as e:
            raise e.with_traceback(None) from None  # psycopg's own frames have the password
        return ""

    def close(self) -> None:
        for session in self.sessions.values():
            session.close()


def passwords(target: Target) -> dict[str, Secret]:
    """By role. Raises HowdahError."""
    found = {}
    for variable, login in LOGINS.items():
        password = target.store.password(variable)
        if password is None:
            raise HowdahError(f"{target.store.password_file(variable)} is missing; needs the "
                          "passwords that the deploy has used")  # fmt: skip
        found[login.role(target.cluster)] = Secret(password)
    return found
