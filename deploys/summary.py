"""What a run has done, host by host: its last lines, and .howdah/<environment>/last-run.json."""

import atexit
import json
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from pyinfra import host, logger, state
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.host import Host

from deploys import ROOT
from howdah.answer import failure
from howdah.files import write_whole

WIDTH = 80
FEW_DAYS = 30
NO_WORD = "it ended without a word; is the host still there? run this again"
FIRST = 5  # of what was reported; the file has it all


@dataclass
class Told:
    """One host's part. Nothing secret."""

    changed: dict[str, list[str]] = field(default_factory=dict)  # operation: what it did
    reported: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)  # settings that wait for a restart
    days_left: dict[str, int] = field(default_factory=dict)
    failed: str = ""


# By the host's name.
_told: dict[str, Told] = {}
_environments: dict[str, str] = {}
_started = datetime.now(UTC)


def summarise(environment: str) -> None:
    """The host at hand has its part in the summary at the run's end."""
    if not _environments:
        atexit.register(_end)
    _environments[host.name] = environment


def told() -> Told:
    """What is known of the host at hand."""
    return _told.setdefault(host.name, Told())


def warn(warning: str) -> None:
    """What the inventory or roles-sql asks for, and production should not have: in every run."""
    host.log(f"warning: {warning}")
    told().warned.append(warning)


def fail(message: str) -> None:
    """The host at hand is left out of the run, before anything of it is touched."""
    told().failed = message
    host.log_styled(message, fg="red", log_func=logger.error)
    try:
        state.fail_hosts({host})
    except PyinfraError:  # it was the last, and that is told
        sys.exit(1)


def _end() -> None:
    """Nothing after a dry run, or one that was refused while it was prepared."""
    metas = [data.operation_meta for ops in state.ops.values() for data in ops.values()]
    if not any(meta.is_complete() for meta in metas):
        return
    click.echo("\n--> Summary:", err=True)
    for each in (h for h in state.inventory if h.name in _environments or h in state.failed_hosts):
        _environments.setdefault(each.name, next(iter(_environments.values())))
        _complete(each)
        for line in _lines(each.name, _told[each.name]):
            click.echo(line, err=True)
    for environment in sorted(set(_environments.values())):
        names = [name for name, its in _environments.items() if its == environment]
        _write(environment, {name: _told[name] for name in names})


def _complete(each: Host) -> None:
    """What pyinfra knows: which operations have changed something, and which one failed."""
    known = _told.setdefault(each.name, Told())
    done = {}
    for op_hash, data in state.ops[each].items():
        name = min(state.get_op_meta(op_hash).names)
        meta = data.operation_meta
        if meta.is_complete() and meta.did_error():
            why = known.failed or failure(meta.stderr_lines) or NO_WORD
            known.failed = f"{name}: {why}"
        elif meta.is_complete() and meta.did_change():
            done[name] = known.changed.get(name, [])
    known.changed = done
    if each in state.failed_hosts and not known.failed:
        known.failed = "it could not be reached, or was refused before the run began"


def _lines(name: str, known: Told) -> Iterator[str]:
    if not (known.changed or known.failed):
        yield _line(f"    [{name}] no changes")
    for operation, lines in known.changed.items():
        more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
        yield _line(f"    [{name}] {operation}: {(lines or ['done'])[0]}{more}", fg="green")
    for line in known.warned:
        yield _line(f"    [{name}] warning: {line}", fg="yellow")
    for line in _first(known.reported):
        yield _line(f"    [{name}] reported: {line}", fg="yellow")
    for what, days in known.days_left.items():
        few = "yellow" if days < FEW_DAYS else None
        yield _line(f"    [{name}] {what}: {days} days left", fg=few)
    for what in known.waits:
        yield _line(f"    [{name}] waits for a restart (--data restart=yes): {what}", fg="yellow")
    if known.failed:
        yield _line(f"    [{name}] failed: {known.failed}", fg="red")


def _first(lines: list[str]) -> list[str]:
    more = [f"{len(lines) - FIRST} more"] if len(lines) > FIRST else []
    return lines[:FIRST] + more


def _line(text: str, **style: Any) -> str:
    wrapped = textwrap.wrap(text, WIDTH, subsequent_indent=" " * 8, break_long_words=False)
    return click.style("\n".join(wrapped), **style)


def _write(environment: str, hosts: dict[str, Told]) -> None:
    folder = Path(ROOT, ".howdah", environment)
    run = {
        "started": _started.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "hosts": {name: asdict(known) for name, known in hosts.items()},
    }
    try:
        for each in (folder.parent, folder):
            each.mkdir(mode=0o700, exist_ok=True)
        write_whole(folder / "last-run.json", json.dumps(run, indent=2).encode())
    except OSError as e:
        click.echo(f"cannot write {folder}/last-run.json: {e.strerror}", err=True)
