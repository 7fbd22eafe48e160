"""Roles and rights of a real server and of roles-sql, compared and put right without pyinfra.

The same questions, the same plan and the same script as a deploy's, in a tenth of its time.
"""

from deploys.grant import script
from deploys.sql import pgoptions
from howdah import found, host_data
from howdah.queries import questions
from howdah.rights import planning
from howdah.rights.change import Change, Plan
from howdah.roles_sql.declared import declared
from howdah.secrets.store import Store
from howdah.secrets.verifiers import placeholder
from tests.server.checkout import Checkout


class Rights:
    """Of one checkout's server."""

    def __init__(self, checkout: Checkout) -> None:
        self._checkout = checkout
        self._store = Store(checkout.secrets, lenient=True)
        self._cluster = host_data.read(checkout.host_data)
        self._want = declared(self._cluster, checkout.folder / "roles-sql")
        self._options = pgoptions(self._cluster.version)

    def plan(self) -> Plan:
        """What a deploy would change, and what it would report."""
        sql = "\n".join(questions(self._want, self._cluster.app_database))
        answer = self._checkout.ask(f"\\set files 0\n{sql}", pgoptions=self._options)
        digests = {placeholder(v): digest for v, digest in self._store.digests().items()}
        return planning.plan(found.read(answer.splitlines()).catalog(), self._want, digests)

    def apply(self, changes: list[Change]) -> None:
        """As the deploy sends them."""
        verifiers = {placeholder(v): verifier for v, verifier in self._store.verifiers().items()}
        self._checkout.ask(script(changes, verifiers), pgoptions=self._options)
