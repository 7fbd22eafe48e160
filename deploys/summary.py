"""What a run has done, or would do, host by host: its last lines, and last-run.json."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import click
from pyinfra import host, logger, state
from pyinfra.api import Host

from deploys import record
from deploys.fence import command_line, run
from howdah.answer import failure
from howdah.danger import Danger
from howdah.plan import wrapped

FEW_DAYS = 30
NO_WORD = "it ended without a word; is the host still there? run this again"
FIRST = 5  # of what was reported; the file has it all
RESTART = "--data restart=yes"


@dataclass
class Told:
    """One host's part. Nothing secret."""

    planned: dict[str, list[str]] = field(default_factory=dict)  # operation: what it would do
    brief: dict[str, list[str]] = field(default_factory=dict)  # the same, where that is long
    changed: dict[str, list[str]] = field(default_factory=dict)  # operation: what it did
    reported: list[str] = field(default_factory=list)
    dangers: list[Danger] = field(default_factory=list)  # those of them that fail `make verify`
    warned: list[str] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)  # settings that wait for a restart
    restart: str = RESTART  # how to let it happen
    passwords: dict[str, str] = field(default_factory=dict)  # role: the new one's file
    passwords_by: str = ""  # the operation that sets them
    days_left: dict[str, int] = field(default_factory=dict)
    connect: list[str] = field(default_factory=list)  # how to, line by line
    failed: str = ""
    executing: bool = False

    def execute(self) -> None:
        """What was found while the run was prepared may have changed since."""
        self.executing = True
        self.reported.clear()
        self.dangers.clear()
        self.waits.clear()
        self.passwords.clear()

    def report(self, line: str) -> str:
        """One that was reported, as it is printed."""
        return f"reported: {line} (danger)" if line in self.dangers else f"reported: {line}"

    def reports(self) -> list[str]:
        """All of them, dangers first: what follows may be cut."""
        others = [line for line in self.reported if line not in self.dangers]
        return [self.report(line) for line in (*self.dangers, *others)]

    def waiting(self) -> list[str]:
        return [f"waits for a restart ({self.restart}): {name}" for name in self.waits]

    def new_passwords(self) -> list[str]:
        """In the words of a run that has changed them, or would."""
        verb = "has changed" if self.executing else "changes"
        return [f"the password of {role} {verb} to the one in {file}"
                for role, file in self.passwords.items()]  # fmt: skip

    def public(self) -> dict[str, Any]:
        """For last-run.json and --json."""
        return {
            "planned": self.planned,
            "changed": self.changed,
            "warned": self.warned,
            "reported": self.reported,
            "dangers": self.dangers,
            "waits": self.waits,
            "passwords": self.passwords,
            "days_left": self.days_left,
            "failed": self.failed,
        }


# By the host's name.
_told: dict[str, Told] = {}
_environments: dict[str, str] = {}
_completed: set[str] = set()
_started = datetime.now(UTC)


def summarise(environment: str) -> None:
    """The host at hand has its part in the summary at the run's end."""
    _environments[host.name] = environment


def told() -> Told:
    """What is known of the host at hand."""
    known = _told.setdefault(host.name, Told())
    if state.is_executing and not known.executing:
        known.execute()
    return known


def all_told() -> dict[str, Told]:
    """What is known of each host that has not failed, by name, in the inventory's order."""
    there = [each.name for each in state.inventory if each not in state.failed_hosts]
    return {name: _told[name] for name in there if name in _told}


def environments() -> dict[str, list[str]]:
    """The names of the hosts, environment by environment."""
    found: dict[str, list[str]] = {}
    for name, environment in sorted(_environments.items()):
        found.setdefault(environment, []).append(name)
    return found


def warn(warning: str) -> None:
    """What the inventory or roles-sql asks for, and production should not have: in every run."""
    known = told()
    if warning not in known.warned:
        host.log(f"warning: {warning}")
        known.warned.append(warning)


def fail(message: str) -> None:
    """The host at hand is left out of the run, before anything of it is touched."""
    told().failed = message
    host.log_styled(message, fg="red", log_func=logger.error)
    if not run.leave_out():  # it was the last, and that is told
        sys.exit(1)


def end(code: int, error: str) -> None:
    """Prints the summary, on stdout unless that is for JSON, and leaves last-run.json."""
    if not _environments:
        _write_refused(code, error)
        return
    _complete_all()
    _print()
    _tell_how_to_connect()
    for environment, names in environments().items():
        _write(environment, names, code, error)


def _print() -> None:
    _echo("\n--> Summary:")
    if any(map(_is_cut, _told.values())):
        for environment in environments():
            _echo(f"    all of it: .howdah/{environment}/{record.RUN}")
    for name, known in sorted(_told.items()):
        for line in _lines(name, known):
            _echo(line)


def _write_refused(code: int, error: str) -> None:
    """A run that was refused while its inventory was read: hosts were reached, none has a part."""
    environment = command_line.options().inventory
    if state.initialised and state.activated_hosts and record.is_name(environment):
        _write(environment, [], code, error)


def payload() -> dict[str, Any]:
    """What --json prints beside pyinfra's plan and results."""
    _complete_all()
    hosts = {name: known.public() for name, known in sorted(_told.items())}
    return {"version": record.VERSION, "mode": _mode(), "hosts": hosts}


def _echo(text: str) -> None:
    click.echo(text, err=command_line.options().json)


def _mode() -> str:
    options = command_line.options()
    return "dry" if options.dry else options.command


def _complete_all() -> None:
    """When the run has ended; each host once."""
    for each in run.hosts():
        failed = each in state.failed_hosts
        if failed and _environments:
            _environments.setdefault(each.name, next(iter(_environments.values())))
        if (failed or each.name in _environments) and each.name not in _completed:
            _completed.add(each.name)
            _complete(each)


def _complete(each: Host) -> None:
    """What pyinfra knows: which operations have changed something, and which one failed."""
    known = _told.setdefault(each.name, Told())
    done = {}
    for name, meta in run.outcomes(each):
        if meta.is_complete() and meta.did_error():
            why = known.failed or failure(meta.stderr_lines) or NO_WORD
            known.failed = f"{name}: {why}"
        elif meta.is_complete() and meta.did_change():
            done[name] = known.changed.get(name, [])
    known.changed = done
    if known.executing and known.passwords_by not in done:
        known.passwords.clear()
    if each in state.failed_hosts and not known.failed:
        known.failed = "it could not be reached, or was refused before the run began"


def _lines(name: str, known: Told) -> Iterator[str]:
    """Each thing in the colour of its weight."""
    for text, colour in (*_done(known), *_to_know(known)):
        yield _line(f"    [{name}] {text}", fg=colour)


def _done(known: Told) -> Iterator[tuple[str, str | None]]:
    if not (known.changed or known.failed):
        yield _nothing_done(known)
    for operation, lines in known.changed.items():
        yield f"{operation}: {(lines or ['done'])[0]}{_rest(lines[1:])}", "green"


def _rest(lines: list[str]) -> str:
    """How much the record has of it beside the first line."""
    match len(lines):
        case 0:
            return ""
        case 1:
            return " (and 1 more line)"
        case count:
            return f" (and {count} more lines)"


def _nothing_done(known: Told) -> tuple[str, str | None]:
    """Because it is a dry run, because nobody wanted it, or because nothing differs."""
    if not known.planned or known.executing:
        return "no changes", None
    if command_line.options().dry:
        return f"would change: {'; '.join(known.planned)}", "green"
    return command_line.NOTHING, "yellow"


def _to_know(known: Told) -> Iterator[tuple[str, str | None]]:
    for line in known.warned:
        yield f"warning: {line}", "yellow"
    dry = command_line.options().dry  # its plan, right above, has the notes
    for line in () if dry else (*known.new_passwords(), *_reported(known)):
        yield line, "yellow"
    for what, days in known.days_left.items():
        yield f"{what}: {days} days left", "yellow" if days < FEW_DAYS else None
    for line in () if dry else known.waiting():
        yield line, "yellow"
    if known.failed:
        yield f"failed: {known.failed}", "red"


def _is_cut(known: Told) -> bool:
    """Whether the summary leaves something out."""
    lengths = [len(lines) for lines in known.changed.values()]
    return any(length > 1 for length in lengths) or len(known.reported) > FIRST


def _reported(known: Told) -> list[str]:
    lines = known.reports()[:FIRST]
    if len(known.reported) > FIRST:
        lines.append(f"reported: {len(known.reported) - FIRST} more")
    return lines


def _line(text: str, **style: Any) -> str:
    return click.style("\n".join(wrapped(text, indent=8)), **style)


def _tell_how_to_connect() -> None:
    """Last, so that it is found; not cut at 80 columns, so that it can be pasted."""
    for name, known in sorted(_told.items()):
        if known.connect and not known.failed:
            _echo(f"\n--> Connect to {name}:")
            _echo("\n".join(f"    {line}" for line in known.connect))


def _write(environment: str, names: list[str], code: int, error: str) -> None:
    run = {
        "mode": _mode(),
        "command": command_line.options().command,
        "exit_code": code,
        "error": error,
        "started": _started.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "hosts": {name: _told[name].public() for name in names},
    }
    record.write_run(environment, run)
