"""A host that is connected, and what is known of it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property

import pytest
from pyinfra.api import Host
from pyinfra.api.exceptions import ConnectError, PyinfraError
from testinfra.host import Host as TestinfraHost

from deploys import logins, shell
from deploys.new_data import missed_data
from deploys.snapshot import snapshot
from deploys.sql import psql
from deploys.target import Target
from deploys.tunnel import tunnel
from howdah.found import Found
from howdah.refusal import Refusal
from tests.verify.backend import Pyinfra
from tests.verify.login import Door, passwords


class AtHand:
    """One host, and all that is known of it: read once, when it is first asked for."""

    def __init__(self, host: Host, stack: ExitStack, lost: dict[str, str]) -> None:
        self.name, self._stack, self._lost = host.name, stack, lost
        backend = Pyinfra(self.name)
        self.host = TestinfraHost(backend)
        backend.set_host(self.host)

    @cached_property
    def target(self) -> Target:
        with or_fail(self.name, self._lost):
            return Target(schema=False)

    @cached_property
    def found(self) -> Found:
        with or_fail(self.name, self._lost):
            found = snapshot(self.target)
            self.target.runtime.check_host(found)
            if not found.running:
                raise Refusal(self._why_not(found))
            self.target.runtime.refuse(found)
        return found

    def _why_not(self, found: Found) -> str:
        if found.data:
            return "the server does not run"
        missed = missed_data(self.target, found)
        return missed or "there is no cluster; the deploy makes it"

    def ask(self, sql: str, database: str = "postgres") -> list[str]:
        """As the superuser over the socket: the answer's lines."""
        where = shell.quoted("-h", self.found.socket, "-p", str(self.found.port), "-U", "postgres",
                             "-d", database, "-f", "-")  # fmt: skip
        command = f"cd / && {psql(self.target.runtime)} {where}"
        answer = self.host.run(f"{command} <<'HOWDAH_SQL'\n{sql}\nHOWDAH_SQL")
        if answer.failed:
            pytest.fail(f"{self.name}: {answer.stderr.strip()}", pytrace=False)
        return str(answer.stdout).splitlines()

    @cached_property
    def door(self) -> Door:
        """Where an application enters."""
        address = logins.reached(self.found, self.target)
        with or_fail(self.name):
            if not address:
                raise Refusal(f"no login can be tried: it listens on {self.found.listen}, which "
                              "is in no allowed network")  # fmt: skip
            known = passwords(self.target)
        near = self._stack.enter_context(tunnel(str(address), self.found.port or 0))
        return Door(address, near, self.target.store.path("ca.crt"), known)


@contextmanager
def or_fail(name: str, lost: dict[str, str] | None = None) -> Iterator[None]:
    """A refusal is one line, without the frames that a secret may be in.

    In ``lost`` it stands for the host's other tests, which need not say it again.
    """
    try:
        yield
    except (Refusal, PyinfraError, ConnectError) as e:
        if lost is not None:
            lost[name] = str(e)
        raise pytest.fail.Exception(f"{name}: {e}", pytrace=False) from None
