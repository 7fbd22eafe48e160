"""Howdah on a bare server, below pyinfra: the deploy's questions, its plan and its script."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from deploys.grant import script
from deploys.sql import pgoptions
from howdah import found
from howdah.host_data import read
from howdah.names import literal
from howdah.queries import questions
from howdah.rights import planning
from howdah.rights.change import Change, Plan
from howdah.roles_sql.declared import declared
from howdah.secrets.scram import verifier
from howdah.secrets.verifiers import PASSWORDS, placeholder
from tests.server.fuzz.server import BareServer, Done

VERIFIERS = {name: verifier(f"of {name}", salt=b"0123456789abcdef") for name in PASSWORDS}
DIGESTS = {placeholder(n): sha256(v.encode()).hexdigest() for n, v in VERIFIERS.items()}


class Engine:
    """Of the files in one folder. Raises RolesSqlError where they are rejected."""

    def __init__(self, server: BareServer, folder: Path) -> None:
        self._server = server
        self._cluster = read({"environment": "fuzz", "version": server.version})
        self.want = declared(self._cluster, folder)
        self._options = pgoptions(server.version)

    def plan(self) -> Plan:
        """What a deploy would change now."""
        sql = "\n".join(questions(self.want, self._cluster.app_database))
        answer = self._server.must(f"\\set files 0\n{sql}", options=self._options)
        catalog = found.read(answer.splitlines()).catalog()
        return planning.plan(catalog, self.want, DIGESTS)

    def send(self, changes: list[Change]) -> Done:
        """As the deploy does."""
        verifiers = {placeholder(name): value for name, value in VERIFIERS.items()}
        return self._server.psql(script(changes, verifiers), options=self._options)


def as_psql(texts: Iterable[str]) -> str:
    """Files of roles-sql as somebody runs them by hand, each from database postgres."""
    names = "".join(f"\\set {name} {literal(value)}\n" for name, value in VERIFIERS.items())
    return names + "".join(f"\\connect postgres\n{text}" for text in texts)
