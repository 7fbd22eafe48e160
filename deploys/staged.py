"""The release that takes the place of the one in force, where one has to.

`configure` writes it, `load` puts it in force, `prove` makes it the good one. Each of them asks the
snapshot, and none hands it on: the answer stays the same until it is in force.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from deploys import releases
from deploys.releases import FOLDER, MARKER
from deploys.target import Target
from howdah import difference, settings
from howdah.found import Found
from howdah.layout import Layout
from howdah.render import File

Files = Mapping[str, File]


@dataclass(frozen=True)
class Staged:
    """It is written, or would be, and not in force yet."""

    release: str
    wanted: Files
    differing: list[str]  # the names of files, and of what else is not as it was written
    late: list[str]  # the settings that change and need a restart


def staged(target: Target, found: Found) -> Staged | None:
    """None: the one in force is as wanted."""
    wanted = target.files(found)
    differing = _differing(found, wanted, target.runtime.layout)
    if not differing:
        return None
    late = _late(target, found)
    return Staged(found.next_release, wanted, differing, late)


def text_in_force(found: Found, name: str) -> str | None:
    """A file's; of an adopted cluster's only what its server reads. None: there is no such file."""
    file = found.releases.files.get(name)
    if file is None:
        return None
    if not found.releases.current:
        return difference.uncommented(file.text)
    return file.text


def _differing(
    found: Found,
    wanted: Files,
    layout: Layout,
) -> list[str]:
    differing = []
    for name, file in wanted.items():
        if _differs(found, name, file, layout):
            differing.append(name)
    return differing + _strange(found, wanted, layout)


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


def _late(target: Target, found: Found) -> list[str]:
    """The settings that change and need a restart."""
    text = text_in_force(found, "postgresql.conf") or ""
    now = settings.parse(text)
    changed = difference.changed(now, target.settings(found))
    return difference.late(changed, found.settings.contexts)
