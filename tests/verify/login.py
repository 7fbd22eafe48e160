"""An attempt at the door of a server, as an application on its host makes it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from typing_extensions import override

from deploys.target import Target
from howdah.knobs import Address
from howdah.refusal import Refusal
from howdah.verifiers import ROLES
from tests.refusals import Attempt

TIMEOUT = 10  # seconds


class Secret(str):
    """A password that no traceback shows."""

    __slots__ = ()

    @override
    def __repr__(self) -> str:
        return "'…'"


class Door(NamedTuple):
    """Where a server is, from there and from here."""

    address: Address
    near: tuple[str, int]
    ca: Path
    passwords: Mapping[str, Secret]  # by role

    def refuses(self, attempt: Attempt, **conninfo: Any) -> str:
        """What the attempt was refused with; empty: it has succeeded."""
        given = {
            "host": str(self.address), "hostaddr": self.near[0], "port": self.near[1],
            "user": attempt.role, "dbname": attempt.database, "sslmode": "verify-full",
            "password": self.passwords.get(attempt.role), "sslrootcert": str(self.ca),
            "gssencmode": "disable", "sslcertmode": "disable", "connect_timeout": TIMEOUT,
            "application_name": "howdah", "autocommit": True, **attempt.conninfo, **conninfo,
        }  # fmt: skip
        try:
            with psycopg.connect(**given) as session:
                session.execute(attempt.script)
        except psycopg.Error as e:
            return str(e)
        except BaseException as e:
            raise e.with_traceback(None) from None  # psycopg's own frames have the password
        return ""


def passwords(target: Target) -> dict[str, Secret]:
    """By role. Raises Refusal."""
    found = {}
    for variable, knob in ROLES.items():
        password = target.store.password(variable)
        if password is None:
            raise Refusal(f"{target.store.password_file(variable)} is missing; needs the "
                          "passwords that the deploy has used")  # fmt: skip
        found[getattr(target.cluster, knob)] = Secret(password)
    return found
