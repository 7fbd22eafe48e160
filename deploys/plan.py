"""What the run would do, before it does: the plan of all hosts, printed once."""

import click
from pyinfra import state

from deploys import record
from deploys.fence import command_line, run
from deploys.summary import Told, all_told, environments
from howdah import plan
from howdah.team import FOLDER

SHOWN = 10  # of what is only reported; last-run.json has it all


def show() -> None:
    """A dry run's is its result, on stdout; before the prompt it is on the way to one."""
    known = all_told()
    brief = not command_line.options().verbose
    for line in _text(known, brief=brief):
        _echo(line)
    for name in state.inventory.hosts:
        for line in _notes(name, known.get(name, Told())):
            _echo(line)
    if any(told.brief for told in known.values()):
        _write_whole(known, say=brief)


def _echo(line: str) -> None:
    click.echo(line, err=not command_line.options().dry)


def _text(known: dict[str, Told], *, brief: bool) -> list[str]:
    """The lines; ``brief``: of a first plan counts only."""
    hosts = {name: _planned(told, brief=brief) for name, told in known.items()}
    return list(plan.text(plan.groups(run.operations(), hosts)))


def _planned(told: Told, *, brief: bool) -> dict[str, list[str]]:
    return {**told.planned, **told.brief} if brief else told.planned


def _notes(name: str, told: Told) -> list[str]:
    """What is beside the plan: reported, waiting, nothing at all."""
    lines = [f"    [{name}] no changes"] if not (told.planned or told.failed) else []
    shown = len(told.reported) if command_line.options().verbose else SHOWN
    lines += [f"    [{name}] {line}" for line in told.reports()[:shown]]
    if len(told.reported) > shown:
        lines.append(f"    [{name}] reported: {len(told.reported) - shown} more (-v)")
    lines += [f"    [{name}] {line}" for line in told.new_passwords()]
    return lines + [f"    [{name}] {line}" for line in told.waiting()]


def _write_whole(known: dict[str, Told], *, say: bool) -> None:
    for environment, names in environments().items():
        of_it = {name: told for name, told in known.items() if name in names}
        record.write_plan(environment, _text(of_it, brief=False))
        if say:
            whole = record.path(environment, record.PLAN)
            _echo(f"    the whole plan: {whole.relative_to(FOLDER)} (or -v)")
