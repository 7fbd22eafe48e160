"""Roles, databases and rights: exactly what roles-sql asks for."""

from collections.abc import Iterator
from itertools import groupby

from pyinfra import host
from pyinfra.api.command import PyinfraCommand

from deploys.snapshot import convergent, snapshot
from deploys.sql import connect, superuser
from deploys.target import Target
from deploys.tell import report, would
from howdah import rights
from howdah.change import Change
from howdah.declared import placeholder
from howdah.names import literal


@convergent
def grant(target: Target) -> Iterator[PyinfraCommand]:
    """The difference, sent as it is shown; only the verifiers are filled in on the way."""
    found, store = snapshot(target), target.store
    if found.data and not found.running:
        host.log("the server is down: its roles and rights are compared once it runs")
        return
    digests = {placeholder(v): digest for v, digest in store.digests().items()}
    plan = rights.plan(found.catalog(), target.want, digests)
    report(plan.reports)
    foreseen = found.foreseen_rights  # by the dry run's first look, before the migrations
    found.foreseen_rights = True
    if not plan.changes or foreseen:
        host.noop("roles and rights are as wanted")
        return
    would(str(change) for change in plan.changes)
    verifiers = {placeholder(v): verifier for v, verifier in store.verifiers().items()}
    yield superuser(target.runtime, "set roles and rights", script(plan.changes, verifiers))


def script(changes: list[Change], verifiers: dict[str, str]) -> str:
    """What psql reads: one transaction for each run of statements in one database."""
    parts = []
    for (database, alone), group in groupby(changes, lambda c: (c.database, c.alone)):
        statements = "\n".join(change.sql for change in group)
        body = statements if alone else f"BEGIN;\n{statements}\nCOMMIT;"
        parts.append(connect(database) + body)
    text = "\n".join(parts)
    for token, verifier in verifiers.items():
        text = text.replace(literal(token), literal(verifier))
    return text
