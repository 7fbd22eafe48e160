"""A host that is connected, and what is known of it."""

import json
from collections.abc import Container, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property

import pytest
from pyinfra.api import Host
from pyinfra.api.exceptions import ConnectError, PyinfraError
from testinfra.host import Host as TestinfraHost

from deploys import host_report, logins
from deploys.configure import configure
from deploys.convergent import Convergent, differences
from deploys.grant import grant
from deploys.load import load
from deploys.new_data import missed_data
from deploys.prove import prove
from deploys.runtime import script_for
from deploys.snapshot import snapshot
from deploys.sql import session
from deploys.target import Target
from deploys.tunnel import tunnel
from howdah.conninfo import security
from howdah.danger import Danger
from howdah.errors import HowdahError
from howdah.found import Found
from howdah.in_force import Row
from verify.backend import Pyinfra
from verify.client import Client, passwords

# Those operations of the deploy that are about what somebody may change on the host, and need no
# more of it than the snapshot.
DEPLOY: Mapping[str, Convergent[Target, ...]] = {
    "configure": configure,
    "load": load,
    "grant": grant,
    "prove": prove,
}
IN_FORCE = """
SELECT json_build_array(lower(name), setting, coalesce(unit, ''), vartype, source,
    coalesce(sourcefile, ''))
FROM pg_catalog.pg_settings
"""


class CurrentHost:
    """One host, and all that is known of it: read once, when it is first asked for."""

    def __init__(self, host: Host, stack: ExitStack, lost: dict[str, str]) -> None:
        self.name = host.name
        self._stack = stack
        self._lost = lost
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
                raise HowdahError(self._why_not(found))
            self.target.runtime.check_port(found)
        return found

    def _why_not(self, found: Found) -> str:
        if found.data.there:
            return "the server does not run"
        missed = missed_data(self.target, found)
        return missed or "there is no cluster; the deploy makes it"

    def ask(
        self,
        sql: str,
        database: str = "postgres",
        *,
        but: Container[str] = (),
    ) -> list[str]:
        """As the superuser over the socket: the answer's lines. ``but``: see sql.session."""
        runtime = self.target.runtime
        variables = session(runtime, self.found, but=but)
        variables["database"] = database
        script = script_for(runtime, "ask", "client", variables=variables, documents={"sql": sql})
        answer = self.host.run(script)
        if answer.failed:
            pytest.fail(f"{self.name}: {answer.stderr.strip()}", pytrace=False)
        return str(answer.stdout).splitlines()

    @cached_property
    def differences(self) -> Mapping[str, list[str]]:
        """What the next deploy would do, by operation; what it would reject is a line, too."""
        lines = {}
        for name, operation in DEPLOY.items():
            try:
                lines[name] = differences(operation, self.target)
            except HowdahError as e:
                lines[name] = [str(e)]
        return lines

    @cached_property
    def dangers(self) -> list[Danger]:
        """What it would report and not fix, less what the inventory allows."""
        _ = self.differences
        return host_report.current().dangers

    @cached_property
    def stated(self) -> Mapping[str, str]:
        """The settings of the wanted postgresql.conf, as written there."""
        return self.target.settings(self.found)

    @cached_property
    def in_force(self) -> list[Row]:
        """The server's settings, as a session begins that has no options of its own."""
        rows = []
        for line in self.ask(IN_FORCE, but=self.stated):
            values = json.loads(line)
            rows.append(Row(*values))
        return rows

    @cached_property
    def client(self) -> Client:
        """An application's, on the host."""
        address = logins.reached(self.found, self.target)
        with or_fail(self.name):
            if not address:
                listen = self.found.server.listen
                raise HowdahError(
                    f"no login can be tried: it listens on {listen}, which is in no allowed network"
                )
            known = passwords(self.target)
        near = self._stack.enter_context(tunnel(str(address), self.found.process.port or 0))
        client = Client(address, near, self._security(), known)
        self._stack.callback(client.close)
        return client

    def _security(self) -> dict[str, str]:
        ca = self.target.store.path("ca.crt")
        asked = security(self.target.cluster, str(ca))
        asked.pop("channel_binding", None)  # an attempt's own
        return asked


@contextmanager
def or_fail(name: str, lost: dict[str, str] | None = None) -> Iterator[None]:
    """A rejection is one line, without the frames that a secret may be in.

    In ``lost`` it stands for the host's other tests, which need not repeat it.
    """
    try:
        yield
    except (HowdahError, PyinfraError, ConnectError) as e:
        if lost is not None:
            lost[name] = str(e)
        raise pytest.fail.Exception(f"{name}: {e}", pytrace=False) from None
