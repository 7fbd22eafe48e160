"""A client on the server's host: what an application there is allowed, and what is rejected."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from typing_extensions import override

from deploys.target import Target
from howdah.errors import HowdahError
from howdah.options import Address
from howdah.secrets.verifiers import LOGINS
from verify.attempts import Attempt

TIMEOUT = 10  # seconds
Session = psycopg.Connection[Any]


class Secret(str):
    """A password that no traceback shows."""

    __slots__ = ()

    @override
    def __repr__(self) -> str:
        return "'…'"


@dataclass
class Client:
    """Connects over verify-full, with the passwords of the store."""

    address: Address  # the server's, on its host
    near: tuple[str, int]  # where this machine reaches that
    security: Mapping[str, str]  # what it asks of the server, in libpq's words
    passwords: Mapping[str, Secret]  # by role
    # By role and database: one for all of its statements.
    sessions: dict[tuple[str, str], Session] = field(default_factory=dict, repr=False)
    known: dict[Attempt, str] = field(default_factory=dict)  # rejections

    def rejection(self, attempt: Attempt, **conninfo: Any) -> str:
        """What the attempt is rejected with; empty: it succeeds. Each is a login of its own."""
        self.known[attempt] = _rejection(lambda: self._enter(attempt, conninfo))
        return self.known[attempt]

    def known_rejection(self, attempt: Attempt) -> str:
        """The same of one that is not made twice: a wrong password waits for auth_delay."""
        return self.known.get(attempt) or self.rejection(attempt)

    def rejection_inside(self, attempt: Attempt) -> str:
        """The same of its statement, in a session that the role has already."""
        return _rejection(lambda: self._run(attempt))

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
        host, port = self.near
        given: dict[str, Any] = {
            "host": str(self.address),
            "hostaddr": host,
            "port": port,
            "user": attempt.role,
            "dbname": attempt.database,
            "password": self.passwords.get(attempt.role),
            **self.security,
            "sslcertmode": "disable",
            "gssencmode": "disable",
            "connect_timeout": TIMEOUT,
            "application_name": "howdah",
            "autocommit": True,
        }
        given.update(attempt.conninfo)
        given.update(conninfo)
        return psycopg.connect(**given)

    def close(self) -> None:
        for session in self.sessions.values():
            session.close()


def _rejection(attempt: Callable[[], None]) -> str:
    try:
        attempt()
    except psycopg.Error as e:
        return str(e)
    except BaseException as e:
        raise e.with_traceback(None) from None  # psycopg's own frames have the password
    return ""


def passwords(target: Target) -> dict[str, Secret]:
    """By role. Raises HowdahError."""
    found = {}
    for variable, login in LOGINS.items():
        password = target.store.password(variable)
        if password is None:
            file = target.store.password_file(variable)
            raise HowdahError(f"{file} is missing; needs the passwords that the deploy has used")
        role = login.role(target.cluster)
        found[role] = Secret(password)
    return found
