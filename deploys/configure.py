"""The server's files, as one set: written beside the others, and tried."""

from collections.abc import Iterator

from pyinfra import host, state
from pyinfra.api.command import PyinfraCommand

from deploys import canary, releases
from deploys.convergent import convergent
from deploys.snapshot import snapshot
from deploys.staged import Staged, staged, text_in_force
from deploys.target import Target
from deploys.tell import report, would
from howdah import difference, libraries
from howdah.errors import HowdahError
from howdah.found import Found
from howdah.found.releases import ADOPTED
from howdah.pg_hba import locked_out
from howdah.render import File


@convergent
def configure(target: Target) -> Iterator[PyinfraCommand]:
    """Writes a new release when a file differs, and tries it. `load` puts it in force."""
    found = snapshot(target)
    report(libraries.reports(target.cluster, found.libraries))
    new = staged(target, found)
    if not new:
        host.noop("the configuration is as wanted")
        return
    _check_names(target, found)
    if found.releases.current in ("", ADOPTED):
        catalog = found.catalog()
        report(locked_out.lines(found.rules, catalog, target.logins))
    lines = _plan(new, found, brief=False)
    brief = []
    if found.first or state.is_executing:
        brief = _plan(new, found, brief=True)
    would(lines, brief)
    yield releases.write(target.runtime, new.release, new.wanted)
    canary.check(target, new.release)


def _plan(
    new: Staged,
    found: Found,
    *,
    brief: bool,
) -> list[str]:
    restart = ""
    if new.late:
        restart = " (restart)"
    lines = [f"release {new.release}{restart}: {', '.join(new.differing)}"]
    for name in new.differing:
        if name not in new.wanted:
            lines.append(f"{name} is not as it was written")
    for name in new.differing:
        if name in new.wanted:
            now = text_in_force(found, name)
            lines += _shown(name, now, new.wanted[name], brief=brief)
    return lines


def _shown(
    name: str,
    now: str | None,
    wanted: File,
    *,
    brief: bool,
) -> list[str]:
    lines = difference.file_lines(name, now, wanted, brief=brief)
    return lines or [f"{name}: its owner, mode or type"]


def _check_names(target: Target, found: Found) -> None:
    """A running server knows early what its parser would reject later: also in a dry run."""
    if not found.running:
        return
    for name in target.settings(found):
        of_an_extension = "." in name
        if name not in found.settings.contexts and not of_an_extension:
            raise HowdahError(f"settings[{name!r}]: this server knows no such setting")
