"""The drop-in of a cluster's unit: how systemd starts the server, and what it keeps it from."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from deploys.script import filled
from howdah.cluster import Cluster
from howdah.layout import Layout

HOMES = ("/home", "/root", "/run/user")  # what ProtectHome hides
# JIT writes code and runs it. Without it no session can have it either, whatever it SETs.
NO_JIT = "MemoryDenyWriteExecute=yes"
NO_PROVIDER = " -c jit_provider=none"


def drop_in(cluster: Cluster, layout: Layout, etc: str, places: Iterable[str]) -> str:
    """Its text, in which the server's own command line has the text's mark.

    ``places``: the folders that the data directory has links to.
    """
    paths = writable(cluster, layout, places)
    options = NO_PROVIDER if NO_JIT in sandbox(cluster, paths) else ""
    parts = {"binaries": layout.binaries, "data": layout.data, "etc": etc,
             "sandbox": sandbox(cluster, paths), "paths": " ".join(map(_word, paths))}  # fmt: skip
    unmarked = filled("runtime/unit.conf", options=options, **parts)
    mark = hashlib.sha256(unmarked.encode()).hexdigest()[:12]
    marked = filled("runtime/unit.conf", options=f"{options} -c howdah.unit={mark}", **parts)
    return f"{marked.strip()}\n"


def sandbox(cluster: Cluster, paths: Iterable[str]) -> str:
    """Lines of the unit's, by which the server writes to ``paths`` only. Empty: it has none."""
    if not cluster.sandbox:
        return ""
    # one that is missing is no reason not to start
    words = " ".join(_word(f"-{path}") for path in paths)
    home = "read-only" if any(map(_is_at_home, paths)) else "yes"
    lines = filled("runtime/sandbox.conf", paths=words, home=home).strip()
    return lines if cluster.jit else f"{lines}\n{NO_JIT}"


def mark_of(text: str) -> str:
    """What a server that runs by this drop-in has on its command line."""
    match = re.search(r"howdah\.unit=(\w+)", text)
    return match[1] if match else ""


def writable(cluster: Cluster, layout: Layout, places: Iterable[str]) -> list[str]:
    """The folders that the server may write. What is below one of them is writable by it.

    It is not listed: the server could put a link to elsewhere in its place.
    """
    # whoever makes the server write elsewhere adds the folder here
    paths = [layout.data, layout.log, layout.socket, *cluster.read_write_paths, *sorted(places)]
    once = dict.fromkeys(paths)
    return [path for path in once if not any(_is_below(path, other) for other in once)]


def _is_below(path: str, other: str) -> bool:
    return PurePosixPath(other) in PurePosixPath(path).parents


def _is_at_home(path: str) -> bool:
    return any(path == home or _is_below(path, home) for home in HOMES)


def _word(path: str) -> str:
    """As a unit file has it."""
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return escaped if re.fullmatch(r"[\w./+-]+", escaped, flags=re.ASCII) else f'"{escaped}"'
