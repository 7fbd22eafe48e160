"""The server's files, as one set: written beside the others, and tried."""

from collections.abc import Iterator, Mapping

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
from howdah.found import ADOPTED, Found
from howdah.layout import Layout
from howdah.render import File

Files = Mapping[str, File]


@convergent
def configure(target: Target) -> Iterator[PyinfraCommand]:
    """Writes a new release when a file differs, and tries it. `load` puts it in force."""
    target.staged = None
    found, layout = snapshot(target), target.runtime.layout
    wanted = target.files(found)
    report(libraries.reports(target.cluster, found.libraries))
    differing = [n for n, file in wanted.items() if _differs(found, n, file, layout)]
    differing += _strange(found, wanted, layout)
    if not differing:
        host.noop("the configuration is as wanted")
        return
    _refuse_unknown(target, found)
    if found.current in ("", ADOPTED):
        report(locked_out.lines(found.rules, found.catalog(), target.logins))
    target.staged = Staged(found.next_release, _late(target, found))
    restart = " (restart)" if target.staged.late else ""
    lines = [f"release {found.next_release}{restart}: {', '.join(differing)}"]
    lines += [f"{name} is not as it was written" for name in differing if name not in wanted]
    brief = list(lines)
    for name in (n for n in differing if n in wanted):
        now = _text(found, name)
        lines += _shown(name, now, wanted[name], brief=False)
        brief += _shown(name, now, wanted[name], brief=True)
    would(lines, brief if found.first or state.is_executing else [])
    yield releases.write(target.runtime, found.next_release, wanted)
    canary.refuse(target, found.next_release)


def _shown(name: str, now: str | None, wanted: File, *, brief: bool) -> list[str]:
    lines = difference.file_lines(name, now, wanted, brief=brief)
    return lines or [f"{name}: its owner, mode or type"]


def _strange(found: Found, wanted: Files, layout: Layout) -> list[str]:
    """Files of the release that are neither wanted nor its marker as it was written."""
    if not found.current:
        return []
    strange = sorted(found.files.keys() - wanted.keys() - {MARKER, FOLDER})
    folder = found.files.get(FOLDER)
    if folder and (folder.owner, folder.mode) != (layout.file_owner, releases.FOLDER_MODE):
        strange.append(f"its folder (mode {folder.mode})")
    if _differs(found, MARKER, File(releases.marker(found.current)), layout):
        strange.append(MARKER)
    if found.unread():
        strange.append("what the server has read")
    return strange


def _refuse_unknown(target: Target, found: Found) -> None:
    """A running server tells early what its parser would refuse later: also in a dry run."""
    if not found.running:
        return
    for name in target.settings(found):
        if "." not in name and name not in found.contexts:
            raise HowdahError(f"settings[{name!r}]: this server knows no such setting")


def _differs(found: Found, name: str, file: File, layout: Layout) -> bool:
    now = found.files.get(name)
    wanted = (file.sha256, layout.file_owner, layout.file_mode)
    return not now or (now.sha256, now.owner, now.mode) != wanted


def _text(found: Found, name: str) -> str | None:
    """Of an adopted cluster's only what says something."""
    file = found.files.get(name)
    if file is None:
        return None
    return file.text if found.current else difference.uncommented(file.text)


def _late(target: Target, found: Found) -> list[str]:
    now = settings.parse(_text(found, "postgresql.conf") or "")
    return difference.late(difference.changed(now, target.settings(found)), found.contexts)
