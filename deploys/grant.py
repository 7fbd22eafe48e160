"""Roles, databases and rights: exactly what roles-sql asks for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from pyinfra import host, state
from pyinfra.api.command import PyinfraCommand

from components import dumps
from deploys import host_report
from deploys.convergent import convergent
from deploys.fence import run
from deploys.snapshot import snapshot
from deploys.sql import connect, superuser
from deploys.target import Target
from deploys.tell import report, waits, would
from howdah.found import Found
from howdah.names import literal
from howdah.rights import planning
from howdah.rights.catalog import Extension
from howdah.rights.change import Change, Plan, counted, number_of
from howdah.roles_sql.steps import Step
from howdah.roles_sql.wanted import Wanted
from howdah.secrets.verifiers import PASSWORDS, placeholder
from howdah.team import FOLDER

# By host: what was compared last, and what came of it.
_compared: dict[str, tuple[Found, Plan]] = {}

Secrets = Mapping[str, str]  # verifiers, or their digests: by what stands for them in roles-sql


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
    found = snapshot(target)
    if not found.known:
        host.log("the server is down: its roles and rights are compared once it runs")
        return
    plan = _plan(target, found)
    if not again:
        lines = [*found.doors(), *plan.reports]
        meant = dumps.meant(target.cluster, target.want.connlimits)
        report(lines, [*target.cluster.allowed, *meant])
    changes = plan.changes
    if not changes:
        host.noop("roles and rights are as wanted")
        return
    brief = []
    if found.first:
        brief.append(counted(changes))
    would(_lines(changes), brief)
    _report_passwords(target, changes)
    text = ""
    if state.is_executing:  # a dry run may be before the verifiers have been made
        verifiers = _by_placeholder(target.store.verifiers())
        text = script(changes, verifiers)
    yield superuser(target.runtime, found, "set roles and rights", text)


def _plan(target: Target, found: Found) -> Plan:
    """A run that changes nothing asks twice for the same."""
    before, plan = _compared.get(host.name, (None, None))
    if plan and before is found:
        return plan
    plan = _new_plan(target, found)
    _compared[host.name] = found, plan
    return plan


def _new_plan(target: Target, found: Found) -> Plan:
    want = _loadable(target, found)
    digests = _by_placeholder(target.store.digests())
    return planning.plan(found.catalog(), want, digests)


def _by_placeholder(values: Mapping[str, str]) -> Secrets:
    """What the store has by the variables of roles-sql."""
    found = {}
    for variable, value in values.items():
        found[placeholder(variable)] = value
    return found


def _lines(changes: Sequence[Change]) -> Iterator[str]:
    yield number_of(len(changes))
    for change in changes:
        yield str(change)


def _loadable(target: Target, found: Found) -> Wanted:
    """Less the extensions whose library waits for a restart: most can be made only then.

    And less the rights on what they will bring along.
    """
    may_restart = target.cluster.may_restart and not state.is_executing
    if not found.running or may_restart:
        return target.want
    late = _late_extensions(target, found)
    lines = []
    for database, name in sorted(late):
        lines.append(f"extension {name} in {database}")
    waits(lines)
    kept = {}
    for extension, schema in target.want.extensions.items():
        if extension not in late:
            kept[extension] = schema
    steps = _steps_without(target, found, late)
    return replace(target.want, extensions=kept, steps=steps)


def _steps_without(
    target: Target,
    found: Found,
    late: Mapping[Extension, str],
) -> list[Step]:
    """Less those on objects that are not there and may be in one of these extensions."""
    there = found.catalog().owners
    places = set()
    for extension, schema in late.items():
        places.add((extension.database, schema))
    steps = []
    for step in target.want.steps:
        obj = step.target
        place = (obj.database, obj.schema)
        if place not in places or obj in there:
            steps.append(step)
    return steps


def _late_extensions(target: Target, found: Found) -> dict[Extension, str]:
    """Those whose library is not loaded yet, with their schemas."""
    there = found.catalog().extensions
    loading = set(target.preloaded(found))
    loading -= set(found.libraries)
    late = {}
    for extension, schema in target.want.extensions.items():
        if extension.name in loading and extension not in there:
            late[extension] = schema
    return late


def _report_passwords(target: Target, changes: Iterable[Change]) -> None:
    """The roles whose clients are locked out from now on, with any other password."""
    its_report = host_report.current()
    variables = {}
    for variable in PASSWORDS:
        variables[placeholder(variable)] = variable
    for change in changes:
        if change.login:
            variable = variables[change.placeholder]
            file = target.store.password_file(variable)
            shown = file.relative_to(FOLDER)
            its_report.passwords[change.login] = str(shown)
            its_report.passwords_by = run.current_operation()


def script(changes: Iterable[Change], verifiers: Secrets) -> str:
    """What psql reads: one transaction for each run of statements in one database."""
    parts = []
    for (database, alone), group in groupby(changes, _session):
        statements = []
        for change in group:
            statements.append(_filled(change, verifiers))
        if not alone:
            statements = ["BEGIN;", *statements, "COMMIT;"]
        parts.append(connect(database) + "\n".join(statements))
    return "\n".join(parts)


def _session(change: Change) -> tuple[str, bool]:
    """Changes in a row that have the same can be in one transaction."""
    return change.database, change.alone


def _filled(change: Change, verifiers: Secrets) -> str:
    """With the verifier in its place; names that somebody chose are in other statements."""
    if not change.placeholder:
        return change.sql
    blank = literal(change.placeholder)
    verifier = verifiers[change.placeholder]
    return change.sql.replace(blank, literal(verifier))
