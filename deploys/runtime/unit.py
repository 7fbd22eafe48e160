"""The drop-in of a cluster's unit: how systemd starts the server, and what it keeps it from."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from deploys.script import filled
from howdah import backup
from howdah.cluster import Cluster
from howdah.layout import Layout

HOMES = ("/home", "/root", "/run/user")  # what ProtectHome hides
# JIT writes code and runs it. Without it no session can have it either, whatever it SETs.
NO_JIT = "MemoryDenyWriteExecute=yes"
NO_PROVIDER = " -c jit_provider=none"
MARK = re.compile(r"howdah\.unit=(\w+)")
PLAIN = re.compile(r"[\w./+-]+", flags=re.ASCII)  # a word that needs no quotes


def drop_in(
    cluster: Cluster,
    layout: Layout,
    etc: str,
    places: Iterable[str],
) -> str:
    """Its text, in which the server's own command line has the text's mark.

    ``places``: the folders that the data directory has links to.
    """
    paths = writable(cluster, layout, places)
    lines = sandbox(cluster, paths)
    options = ""
    if NO_JIT in lines:
        options = NO_PROVIDER
    parts = {
        "binaries": layout.binaries,
        "data": layout.data,
        "etc": etc,
        "sandbox": lines,
        "paths": _words(paths),
    }
    unmarked = filled("runtime/unit.conf", options=options, **parts)
    digest = hashlib.sha256(unmarked.encode())
    mark = digest.hexdigest()[:12]
    options += f" -c howdah.unit={mark}"
    marked = filled("runtime/unit.conf", options=options, **parts)
    return f"{marked.strip()}\n"


def sandbox(cluster: Cluster, paths: Iterable[str]) -> str:
    """Lines of the unit's, by which the server writes to ``paths`` only. Empty: it has none."""
    if not cluster.sandbox:
        return ""
    home = "yes"
    optional = []
    for path in paths:
        if _is_at_home(path):
            home = "read-only"
        optional.append(f"-{path}")  # one that is missing is no reason not to start
    lines = filled("runtime/sandbox.conf", paths=_words(optional), home=home)
    lines = lines.strip()
    if not cluster.jit:
        lines += f"\n{NO_JIT}"
    return lines


def mark_of(text: str) -> str:
    """What a server that runs by this drop-in has on its command line."""
    match = MARK.search(text)
    if not match:
        return ""
    return match[1]


def writable(
    cluster: Cluster,
    layout: Layout,
    places: Iterable[str],
) -> list[str]:
    """The folders that the server may write. What is below one of them is writable by it.

    It is not listed: the server could put a link to elsewhere in its place.
    """
    # a room that makes the server write elsewhere adds the folder here
    paths = [layout.data, layout.log, layout.socket]
    paths += backup.writable(cluster)
    paths += cluster.read_write_paths
    paths += sorted(places)
    found = []
    for path in dict.fromkeys(paths):
        is_covered = any(_is_below(path, other) for other in paths)
        if not is_covered:
            found.append(path)
    return found


def _is_below(path: str, other: str) -> bool:
    return PurePosixPath(other) in PurePosixPath(path).parents


def _is_at_home(path: str) -> bool:
    return any(path == home or _is_below(path, home) for home in HOMES)


def _words(paths: Iterable[str]) -> str:
    """As a unit file has them."""
    return " ".join(map(_word, paths))


def _word(path: str) -> str:
    escaped = path.replace("\\", "\\\\")
    escaped = escaped.replace('"', '\\"')
    escaped = escaped.replace("%", "%%")
    if PLAIN.fullmatch(escaped):
        return escaped
    return f'"{escaped}"'
