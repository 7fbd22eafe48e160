"""The server's files on its host: folders r-1, r-2 …, each a whole set, and three links.

``current`` is in force, ``good`` was the last to be proven, ``last`` the good one before it.
r-1.sums says how r-1 was written: `make undo` goes back to nothing else.
"""

import base64
import io
import tarfile
from collections.abc import Mapping

from pyinfra.api.command import StringCommand

from deploys import shell
from deploys.runtime import Runtime, script_for, script_with_control
from deploys.sql import pgoptions
from howdah.queries import query
from howdah.render import File

FOLDER, FOLDER_MODE = ".", "750"
MARKER = "release.conf"  # what the running server has loaded says its name


def marker(release: str) -> bytes:
    """What makes the server know which release it has loaded."""
    return f"howdah.release = '{release}'\n".encode()


def write(runtime: Runtime, release: str, files: Mapping[str, File]) -> StringCommand:
    """Into a closed folder, which gets its name when all is in it. Nothing is in force by that."""
    script = script_for(runtime, "write_release", variables={"release": release})
    archive = base64.b64encode(_tar(files, release)).decode()
    return shell.run(f"write release {release}", script, lock=runtime.lock, _stdin=archive)


def swap(runtime: Runtime, verb: str, release: str, previous: str) -> StringCommand:
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
    script = script_with_control(runtime, "swap", variables, documents)
    # A server that is down may be so for another reason than its release.
    what = "start the server" if verb == "start" else f"load release {release}"
    return shell.run(what, script, lock=runtime.lock)


def keep(runtime: Runtime, release: str) -> StringCommand:
    """It is the good one from now on, and the one before it the last."""
    script = script_for(runtime, "keep_release", variables={"release": release})
    return shell.run(f"keep release {release}", script, lock=runtime.lock)


def _tar(files: Mapping[str, File], release: str) -> bytes:
    contents = {name: file.content or b"" for name, file in files.items()}
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in {**contents, MARKER: marker(release)}.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), 0o600
            tar.addfile(info, io.BytesIO(content))
    return archive.getvalue()
