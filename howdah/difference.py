"""Files and settings, wanted against found: the changes, and those that need a restart."""

import difflib
import re
from collections.abc import Iterable, Mapping

from howdah.render import File


def file_lines(
    name: str,
    found: str | None,
    wanted: File,
    *,
    brief: bool = False,
) -> list[str]:
    """A unified diff of one file; a secret one by name only. ``brief``: a new one likewise."""
    what = "changed"
    before = f"{name} on the host"
    if found is None:
        what = "new"
        before = f"{name} (absent)"
    if wanted.secret or wanted.content is None:
        return [f"{what}: {name} (content not shown)"]
    lines = _masked(wanted.content.decode())
    if brief and found is None:
        return [f"{what}: {name} ({len(lines)} lines)"]
    diff = difflib.unified_diff(
        _masked(found or ""),
        lines,
        fromfile=before,
        tofile=f"{name} wanted",
        lineterm="",
        n=0,
    )
    return list(diff)


# In primary_conninfo, or of LDAP in pg_hba.conf: an adopted cluster's own files may have one.
_PASSWORD = re.compile(r"(\b(?:password|ldapbindpasswd)\s*=\s*)(''[^']*''|\"[^\"]*\"|[^\s'\"]+)")


def _masked(text: str) -> list[str]:
    """Its lines, without the passwords in them."""
    masked = _PASSWORD.sub(r"\1…", text)
    return masked.splitlines()


_COMMENT = re.compile(r"^((?:[^'#]|'[^']*')*)#.*")


def uncommented(text: str) -> str:
    """A file of somebody else's, without what its server does not read."""
    lines = ""
    for line in text.splitlines():
        read = _COMMENT.sub(r"\1", line).rstrip()
        if read:
            lines += f"{read}\n"
    return lines


def changed(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """The names of settings whose values differ, or that only one of them sets."""
    names = []
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            names.append(name)
    return names


def late(names: Iterable[str], contexts: Mapping[str, str]) -> list[str]:
    """Those that a server reads at its start only. ``contexts``: pg_settings.context by name.

    A name the server does not know yet (a library's, say) is taken for a reload.
    """
    late = []
    for name in sorted(names):
        if contexts.get(name) == "postmaster":
            late.append(name)
    return late
