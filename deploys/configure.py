"""The server's files, as one set: written beside the others, and tried."""

from collections.abc import Iterator, Mapping, Sequence

from pyinfra import host, state
from pyinfra.api.command import PyinfraCommand

from deploys import canary, releases
from deploys.convergent import convergent
from deploys.releases import FOLDER, MARKER
from deploys.snapshot import snapshot
from deploys.target import Staged, Target
from deploys.tell import report, would
from howdah import difference, libraries, locked_out, settings
from howdah.errors import HowdahError
from howdah.found import Found
from howdah.found.releases import ADOPTED
from howdah.layout import Layout
from howdah.render import File

Files = Mapping[str, File]


@convergent
def configure(target: Target) -> Iterator[PyinfraCommand]:
    """Writes a new release when a file differs, and tries it. `load` puts it in force."""
    target.staged = None
    found = snapshot(target)
    wanted = target.files(found)
    report(libraries.reports(target.cluster, found.libraries))
    differing = _differing(target, found, wanted)
    if not differing:
        host.noop("the configuration is as wanted")
        return
    _check_names(target, found)
    if found.releases.current in ("", ADOPTED):
        catalog = found.catalog()
        report(locked_out.lines(found.rules, catalog, target.logins))
    release = found.next_release
    late = _late(target, found)
    target.staged = Staged(release, late)
    restart = ""
    if late:
        restart = " (restart)"
    heading = f"release {release}{restart}: {', '.join(differing)}"
    lines = _plan(heading, differing, found, wanted, brief=False)
    brief = []
    if found.first or state.is_executing:
        brief = _plan(heading, differing, found, wanted, brief=True)
    would(lines, brief)
    yield releases.write(target.runtime, release, wanted)
    canary.check(target, release)


def _differing(
    target: Target,
    found: Found,
    wanted: Files,
) -> list[str]:
    """The names of files, and of what else is not as it was written."""
    layout = target.runtime.layout
    differing = []
    for name, file in wanted.items():
        if _differs(found, name, file, layout):
            differing.append(name)
    return differing + _strange(found, wanted, layout)


def _plan(
    heading: str,
    differing: Sequence[str],
    found: Found,
    wanted: Files,
    *,
    brief: bool,
) -> list[str]:
    lines = [heading]
    for name in differing:
        if name not in wanted:
            lines.append(f"{name} is not as it was written")
    for name in differing:
        if name in wanted:
            now = _text(found, name)
            lines += _shown(name, now, wanted[name], brief=brief)
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


def _strange(
    found: Found,
    wanted: Files,
    layout: Layout,
) -> list[str]:
    """Files of the release that are neither wanted nor its marker as it was written."""
    if not found.releases.current:
        return []
    others = found.releases.files.keys() - wanted.keys()
    strange = sorted(others - {MARKER, FOLDER})
    folder = found.releases.files.get(FOLDER)
    as_written = (layout.file_owner, releases.FOLDER_MODE)
    if folder and (folder.owner, folder.mode) != as_written:
        strange.append(f"its folder (mode {folder.mode})")
    marker = File(releases.marker(found.releases.current))
    if _differs(found, MARKER, marker, layout):
        strange.append(MARKER)
    if found.unread():
        strange.append("what the server has read")
    return strange


def _check_names(target: Target, found: Found) -> None:
    """A running server knows early what its parser would reject later: also in a dry run."""
    if not found.running:
        return
    for name in target.settings(found):
        of_an_extension = "." in name
        if name not in found.settings.contexts and not of_an_extension:
            raise HowdahError(f"settings[{name!r}]: this server knows no such setting")


def _differs(
    found: Found,
    name: str,
    wanted: File,
    layout: Layout,
) -> bool:
    now = found.releases.files.get(name)
    if now is None:
        return True
    as_wanted = (
        now.sha256 == wanted.sha256
        and now.owner == layout.file_owner
        and now.mode == layout.file_mode
    )
    return not as_wanted


def _text(found: Found, name: str) -> str | None:
    """Of an adopted cluster's only what its server reads."""
    file = found.releases.files.get(name)
    if file is None:
        return None
    if not found.releases.current:
        return difference.uncommented(file.text)
    return file.text


def _late(target: Target, found: Found) -> list[str]:
    """The settings that change and need a restart."""
    text = _text(found, "postgresql.conf") or ""
    now = settings.parse(text)
    changed = difference.changed(now, target.settings(found))
    return difference.late(changed, found.settings.contexts)
