"""The last lines of a run, host by host, and last-run.json."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click
from pyinfra import host, state
from pyinfra.api import Host

from deploys import host_report, record
from deploys.fence import command_line, run
from deploys.host_report import HostReport
from howdah.answer import failure
from howdah.plan import wrapped

FEW_DAYS = 30
NO_WORD = "it ended without a word; is the host still there? run this again"
FIRST = 5  # of what was reported; the file has it all

Line = tuple[str, str | None]  # with its colour


# By the host's name.
_environments: dict[str, str] = {}
_completed: set[str] = set()
_started = datetime.now(UTC)


def summarise(environment: str) -> None:
    """The current host has its part in the summary at the run's end."""
    _environments[host.name] = environment


def environments() -> dict[str, list[str]]:
    """The names of the hosts, environment by environment."""
    found: dict[str, list[str]] = {}
    for name, environment in sorted(_environments.items()):
        names = found.setdefault(environment, [])
        names.append(name)
    return found


def warn(warning: str) -> None:
    """What the inventory or roles-sql asks for, and production should not have: in every run."""
    report = host_report.current()
    if warning not in report.warned:
        host.log(f"warning: {warning}")
        report.warned.append(warning)


def fail(message: str) -> None:
    """The current host is left out of the run, before anything of it is touched."""
    host_report.fail(message)
    if not run.leave_out():  # it was the last, and its error is printed
        sys.exit(1)


# -- The end of a run --------------------------------------------------------------------------


def end(code: int, error: str) -> None:
    """Prints the summary, on stdout unless that is for JSON, and leaves last-run.json."""
    if not _environments:
        _write_without_hosts(code, error)
        return
    _complete_all()
    _print()
    _print_connections()
    for environment, names in environments().items():
        _write(environment, names, code, error)


def payload() -> dict[str, Any]:
    """What --json prints beside pyinfra's plan and results."""
    _complete_all()
    hosts = {}
    for name, report in host_report.by_name().items():
        hosts[name] = report.public()
    return {
        "version": record.VERSION,
        "mode": _mode(),
        "hosts": hosts,
    }


def _mode() -> str:
    options = command_line.options()
    if options.dry:
        return "dry"
    return options.command


def _complete_all() -> None:
    """When the run has ended; each host once."""
    for each in run.hosts():
        if each in state.failed_hosts and _environments:
            # where it failed before its own was read, any will do
            first = next(iter(_environments.values()))
            _environments.setdefault(each.name, first)
        has_part = each in state.failed_hosts or each.name in _environments
        if has_part and each.name not in _completed:
            _completed.add(each.name)
            _complete(each)


def _complete(each: Host) -> None:
    """What pyinfra knows: which operations have changed something, and which one failed."""
    report = host_report.of_host(each.name)
    done = {}
    for name, meta in run.outcomes(each):
        if not meta.is_complete():
            continue
        if meta.did_error():
            why = report.failed or failure(meta.stderr_lines) or NO_WORD
            report.failed = f"{name}: {why}"
        elif meta.did_change():
            done[name] = report.changed.get(name, [])
    report.changed = done
    if report.executing and report.passwords_by not in done:
        report.passwords.clear()
    if each in state.failed_hosts and not report.failed:
        report.failed = "it could not be reached, or was rejected before the run began"


# -- Its lines ---------------------------------------------------------------------------------


def _print() -> None:
    reports = host_report.by_name()
    _echo("\n--> Summary:")
    is_cut = any(_is_cut(report) for report in reports.values())
    if is_cut:
        for environment in environments():
            _echo(f"    all of it: .howdah/{environment}/{record.RUN}")
    for name, report in reports.items():
        for text, colour in _lines(report):
            parts = wrapped(f"    [{name}] {text}", indent=8)
            line = "\n".join(parts)
            _echo(click.style(line, fg=colour))


def _is_cut(report: HostReport) -> bool:
    """Whether the summary leaves something out."""
    for lines in report.changed.values():
        if len(lines) > 1:
            return True
    return len(report.reported) > FIRST


def _lines(report: HostReport) -> Iterator[Line]:
    """Each thing in the colour of its weight."""
    yield from _done(report)
    for warning in report.warned:
        yield f"warning: {warning}", "yellow"
    notes = []
    waiting = []
    if not command_line.options().dry:  # its plan, right above, has them
        notes = [*report.new_passwords(), *_reported(report)]
        waiting = report.waiting()
    for note in notes:
        yield note, "yellow"
    for what, days in report.days_left.items():
        yield f"{what}: {days} days left", _colour_of(days)
    for line in waiting:
        yield line, "yellow"
    if report.failed:
        yield f"failed: {report.failed}", "red"


def _done(report: HostReport) -> Iterator[Line]:
    if not report.changed and not report.failed:
        yield _nothing_done(report)
    for operation, lines in report.changed.items():
        first = "done"
        if lines:
            first = lines[0]
        rest = _rest(lines[1:])
        yield f"{operation}: {first}{rest}", "green"


def _rest(lines: list[str]) -> str:
    """How much the record has of it beside the first line."""
    match len(lines):
        case 0:
            return ""
        case 1:
            return " (and 1 more line)"
        case count:
            return f" (and {count} more lines)"


def _nothing_done(report: HostReport) -> Line:
    """Because it is a dry run, because the answer was no, or because nothing differs."""
    if not report.planned or report.executing:
        return "no changes", None
    if command_line.options().dry:
        operations = "; ".join(report.planned)
        return f"would change: {operations}", "green"
    return command_line.NOTHING, "yellow"


def _colour_of(days: int) -> str | None:
    if days < FEW_DAYS:
        return "yellow"
    return None


def _reported(report: HostReport) -> list[str]:
    lines = report.reports()[:FIRST]
    more = len(report.reported) - FIRST
    if more > 0:
        lines.append(f"reported: {more} more")
    return lines


def _print_connections() -> None:
    """Last, so that it is found; not cut at 80 columns, so that it can be pasted."""
    for name, report in host_report.by_name().items():
        if report.connect and not report.failed:
            _echo(f"\n--> Connect to {name}:")
            for line in report.connect:
                _echo(f"    {line}")


def _echo(text: str) -> None:
    click.echo(text, err=command_line.options().json)


# -- Its record --------------------------------------------------------------------------------


def _write(
    environment: str,
    names: list[str],
    code: int,
    error: str,
) -> None:
    ended = datetime.now(UTC)
    hosts = {}
    for name in names:
        hosts[name] = host_report.of_host(name).public()
    run = {
        "mode": _mode(),
        "command": command_line.options().command,
        "exit_code": code,
        "error": error,
        "started": _started.isoformat(timespec="seconds"),
        "ended": ended.isoformat(timespec="seconds"),
        "hosts": hosts,
    }
    record.write_run(environment, run)


def _write_without_hosts(code: int, error: str) -> None:
    """A run that ended while its inventory was read: hosts were reached, none has a part."""
    environment = command_line.options().inventory
    if state.initialised and state.activated_hosts and record.is_name(environment):
        _write(environment, [], code, error)
