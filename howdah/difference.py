"""Files and settings, wanted against found: the changes, and those that need a restart."""

import difflib
import re
from collections.abc import Iterable, Mapping

from howdah.render import File


def file_lines(name: str, found: str | None, wanted: File, *, brief: bool = False) -> list[str]:
    """A unified diff of one file; a secret one by name only. ``brief``: a new one likewise."""
    what = "new" if found is None else "changed"
    if wanted.secret or wanted.content is None:
        return [f"{what}: {name} (content not shown)"]
    lines = _masked(wanted.content.decode())
    if brief and found is None:
        return [f"{what}: {name} ({len(lines)} lines)"]
    return list(
        difflib.unified_diff(
            _masked(found or ""),
            lines,
            f"{name} on the host" if found is not None else f"{name} (absent)",
            f"{name} wanted",
            lineterm="",
            n=0,
        )
    )


# In primary_conninfo, or of LDAP in pg_hba.conf: an adopted cluster's own files may have one.
_PASSWORD = re.compile(r"(\b(?:password|ldapbindpasswd)\s*=\s*)(''[^']*''|\"[^\"]*\"|[^\s'\"]+)")


def _masked(text: str) -> list[str]:
    """Its lines, without the passwords in them."""
    return _PASSWORD.sub(r"\1…", text).splitlines()


def uncommented(text: str) -> str:
    """A file of somebody else's, without what its server does not read."""
    lines = (re.sub(r"^((?:[^'#]|'[^']*')*)#.*", r"\1", line) for line in text.splitlines())
    return "".join(f"{line.rstrip()}\n" for line in lines if line.strip())


def changed(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """The names of settings whose values differ, or that only one of them sets."""
    names = sorted(old.keys() | new.keys())
    return [name for name in names if old.get(name) != new.get(name)]


def late(names: Iterable[str], contexts: Mapping[str, str]) -> list[str]:
    """Those that a server reads at its start only. ``contexts``: pg_settings.context by name.

    A name the server does not know yet (a library's, say) is taken for a reload.
    """
    return sorted(name for name in names if contexts.get(name) == "postmaster")
