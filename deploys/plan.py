"""What the run would do, before it does: the plan of all hosts, printed once."""

from collections.abc import Mapping

import click
from pyinfra import state

from deploys import host_report, record
from deploys.fence import command_line, run
from deploys.host_report import HostReport
from deploys.summary import environments
from howdah import plan
from howdah.team import FOLDER

SHOWN = 10  # of what is only reported; last-run.json has it all

Reports = Mapping[str, HostReport]  # by the host's name


def show() -> None:
    """A dry run's is its result, on stdout; before the prompt it is on the way to one."""
    reports = host_report.not_failed()
    brief = not command_line.options().verbose
    for line in _text(reports, brief=brief):
        _echo(line)
    for name in state.inventory.hosts:
        report = reports.get(name, HostReport())
        for line in _notes(report):
            _echo(f"    [{name}] {line}")
    is_cut = any(report.brief for report in reports.values())
    if is_cut:
        _write_whole(reports, show=brief)


def _echo(line: str) -> None:
    dry = command_line.options().dry
    click.echo(line, err=not dry)


def _text(reports: Reports, *, brief: bool) -> list[str]:
    """The lines; ``brief``: of a first plan counts only."""
    hosts = {}
    for name, report in reports.items():
        lines = dict(report.planned)
        if brief:
            lines.update(report.brief)
        hosts[name] = lines
    groups = plan.groups(run.operations(), hosts)
    return list(plan.text(groups))


def _notes(report: HostReport) -> list[str]:
    """What is beside the plan: reported, waiting, nothing at all."""
    lines = []
    if not report.planned and not report.failed:
        lines.append("no changes")
    reported = report.reports()
    if not command_line.options().verbose:
        reported = reported[:SHOWN]
    lines += reported
    left_out = len(report.reported) - len(reported)
    if left_out:
        lines.append(f"reported: {left_out} more (-v)")
    lines += report.new_passwords()
    lines += report.waiting()
    return lines


def _write_whole(reports: Reports, *, show: bool) -> None:
    for environment, names in environments().items():
        its_hosts = {}
        for name, report in reports.items():
            if name in names:
                its_hosts[name] = report
        lines = _text(its_hosts, brief=False)
        record.write_plan(environment, lines)
        if show:
            file = record.path(environment, record.PLAN)
            shown = file.relative_to(FOLDER)
            _echo(f"    the whole plan: {shown} (or -v)")
