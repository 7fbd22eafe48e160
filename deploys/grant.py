"""Roles, databases and rights: exactly what roles-sql asks for."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from pyinfra import host, state
from pyinfra.api.command import PyinfraCommand

from deploys.convergent import convergent
from deploys.fence import run
from deploys.snapshot import snapshot
from deploys.sql import connect, superuser
from deploys.summary import told
from deploys.target import Target
from deploys.tell import report, waits, would
from howdah import rights
from howdah.change import Change, counted, number_of
from howdah.found import Found
from howdah.names import literal
from howdah.team import FOLDER
from howdah.verifiers import PASSWORDS, placeholder
from howdah.wanted import Wanted


@convergent
def grant(target: Target, *, again: bool = False) -> Iterator[PyinfraCommand]:
    """The difference, sent as it is shown; only the verifiers are filled in on the way.

    ``again``: after the migrations, for what they have made; a dry run has seen it all before.
    """
    if again and not state.is_executing:
        return
    if not target.leads:
        host.noop("roles and rights are the leader's")
        return
    found, store = snapshot(target), target.store
    if found.data and not found.running:
        host.log("the server is down: its roles and rights are compared once it runs")
        return
    digests = {placeholder(v): digest for v, digest in store.digests().items()}
    plan = rights.plan(found.catalog(), _loadable(target, found), digests)
    report([] if again else [*found.doors(), *plan.reports], target.cluster.allowed)
    if not plan.changes:
        host.noop("roles and rights are as wanted")
        return
    lines = [number_of(len(plan.changes)), *map(str, plan.changes)]
    would(lines, [counted(plan.changes)] if found.first else [])
    _tell_of_passwords(target, plan.changes)
    verifiers = {placeholder(v): verifier for v, verifier in store.verifiers().items()}
    # A dry run may be before the verifiers have been made.
    text = script(plan.changes, verifiers) if state.is_executing else ""
    yield superuser(target.runtime, found, "set roles and rights", text)


def _loadable(target: Target, found: Found) -> Wanted:
    """Less the extensions whose library waits for a restart: most can be made only then.

    And less the rights on what they will bring along.
    """
    may_restart = target.cluster.may_restart and not state.is_executing
    if not found.running or may_restart:
        return target.want
    names = {*target.preloaded(found)} - {*found.libraries}
    there = found.catalog()
    late = set()
    places = set()
    kept = {}
    for extension, schema in target.want.extensions.items():
        if extension.name in names and extension not in there.extensions:
            late.add(extension)
            places.add((extension.database, schema))
        else:
            kept[extension] = schema
    waits(f"extension {name} in {base}" for base, name in sorted(late))
    steps = []
    for step in target.want.steps:
        waits_too = (step.target.database, step.target.schema) in places
        if not waits_too or step.target in there.owners:
            steps.append(step)
    return replace(target.want, extensions=kept, steps=steps)


def _tell_of_passwords(target: Target, changes: list[Change]) -> None:
    """Whoever logs in with another one than the file's is locked out from now on."""
    variables = {placeholder(variable): variable for variable in PASSWORDS}
    known = told()
    for change in changes:
        if change.login:
            file = target.store.password_file(variables[change.placeholder])
            known.passwords[change.login] = str(file.relative_to(FOLDER))
            known.passwords_by = run.current_operation()


def script(changes: list[Change], verifiers: dict[str, str]) -> str:
    """What psql reads: one transaction for each run of statements in one database."""
    parts = []
    for (database, alone), group in groupby(changes, lambda c: (c.database, c.alone)):
        statements = "\n".join(_filled(change, verifiers) for change in group)
        body = statements if alone else f"BEGIN;\n{statements}\nCOMMIT;"
        parts.append(connect(database) + body)
    return "\n".join(parts)


def _filled(change: Change, verifiers: dict[str, str]) -> str:
    """With the verifier in its place; names that somebody chose are in other statements."""
    if not change.placeholder:
        return change.sql
    return change.sql.replace(literal(change.placeholder), literal(verifiers[change.placeholder]))
