"""The server's files on its host: folders r-1, r-2 …, each a whole set, and three links.

``current`` is in force, ``good`` was the last to be proven, ``last`` the good one before it.
r-1.sums has the hashes of r-1 as it was written: `make undo` goes back to nothing else.
"""

import base64
from collections.abc import Mapping

from pyinfra.api.command import StringCommand

from deploys import shell
from deploys.archive import tar
from deploys.runtime import Runtime, script_for, script_with_control
from deploys.sql import pgoptions
from howdah.queries import query
from howdah.render import File

FOLDER = "."
FOLDER_MODE = "750"
MARKER = "release.conf"  # what the running server has loaded has its name


def marker(release: str) -> bytes:
    """What makes the server know which release it has loaded."""
    line = f"howdah.release = '{release}'\n"
    return line.encode()


def write(
    runtime: Runtime,
    release: str,
    files: Mapping[str, File],
) -> StringCommand:
    """Into a closed folder, which gets its name when all is in it. Nothing is in force by that."""
    variables = {"release": release}
    script = script_for(runtime, "write_release", variables=variables)
    archive = base64.b64encode(_archive(files, release))
    return shell.run(
        f"write release {release}",
        script,
        lock=runtime.lock,
        _stdin=archive.decode(),
    )


def swap(
    runtime: Runtime,
    verb: str,
    release: str,
    previous: str,
) -> StringCommand:
    """Puts it in force and reads it back: verb is start, reload or restart.

    Where the server does not take it, ``previous`` is in force again (empty: there is none), and
    the command fails.
    """
    variables = {
        "verb": verb,
        "release": release,
        "previous": previous,
        "session": pgoptions(runtime.cluster.version),
    }
    documents = {"faults": query("faults")}
    script = script_with_control(runtime, "swap", variables, documents, "client")
    what = f"load release {release}"
    if verb == "start":
        # A server that is down may be so for another reason than its release.
        what = "start the server"
    return shell.run(what, script, lock=runtime.lock)


def keep(runtime: Runtime, release: str) -> StringCommand:
    """It is the good one from now on, and the one before it the last."""
    variables = {"release": release}
    script = script_for(runtime, "keep_release", variables=variables)
    return shell.run(f"keep release {release}", script, lock=runtime.lock)


def _archive(files: Mapping[str, File], release: str) -> bytes:
    contents = {}
    for name, file in files.items():
        contents[name] = file.content or b""
    contents[MARKER] = marker(release)
    return tar(contents)
