"""The server's files on its host: folders r-1, r-2 …, each a whole set, and three links.

``current`` is in force, ``good`` was the last to be proven, ``last`` the good one before it.
r-1.sums says how r-1 was written: `make undo` goes back to nothing else.
"""

import base64
import io
import shlex
import tarfile
from collections.abc import Mapping

from pyinfra.api.command import StringCommand

from deploys import shell
from deploys.runtime import Runtime
from deploys.sql import psql
from howdah.queries import query
from howdah.render import File

FOLDER, FOLDER_MODE = ".", "750"
MARKER = "release.conf"  # what the running server has loaded says its name


def marker(release: str) -> bytes:
    """What makes the server know which release it has loaded."""
    return f"howdah.release = '{release}'\n".encode()


def write(runtime: Runtime, release: str, files: Mapping[str, File]) -> StringCommand:
    """Into a closed folder, which gets its name when all is in it. Nothing is in force by that."""
    layout = runtime.layout
    words = {
        "etc": shlex.quote(layout.releases),
        "release": release,
        "owner": layout.file_owner,
        "mode": layout.file_mode,
        "sweep": SWEEP,
    }
    return shell.run(f"write release {release}", WRITE.format(**words), lock=runtime.lock,
                     _stdin=base64.b64encode(_tar(files, release)).decode())  # fmt: skip


def swap(runtime: Runtime, verb: str, release: str, previous: str) -> StringCommand:
    """Puts it in force and reads it back: verb is start, reload or restart.

    Where the server does not take it, ``previous`` is in force again (empty: there is none), and
    the command fails.
    """
    layout = runtime.layout
    assigned = shell.assigned(etc=layout.releases, data=layout.data, log=layout.log, verb=verb,
                              release=release, previous=previous,
                              auto_conf=layout.auto_conf)  # fmt: skip
    script = shell.filled("swap", assigned=assigned, functions=runtime.functions,
                          psql=psql(runtime), sql=query("faults"),
                          owner=runtime.as_owner)  # fmt: skip
    # A server that is down may be so for another reason than its release.
    what = "start the server" if verb == "start" else f"load release {release}"
    return shell.run(what, script, lock=runtime.lock)


def keep(runtime: Runtime, release: str) -> StringCommand:
    """It is the good one from now on, and the one before it the last."""
    etc, its = shlex.quote(runtime.layout.releases), shlex.quote(release)
    words = {"etc": etc, "release": its, "sweep": SWEEP}
    return shell.run(f"keep release {release}", KEEP.format(**words), lock=runtime.lock)


# Releases that nothing points to: refused ones, and those before the last good one.
SWEEP = """
for old in r-*[0-9]; do
    for link in current good last; do
        [ "$(readlink $link)" != "$old" ] || continue 2
    done
    rm -rf "$old" "$old.sums"
done
"""

# The folder is closed before a byte of a secret arrives.
WRITE = """
cd {etc}
umask 077
rm -rf .stage
{sweep}
mkdir .stage
base64 -d | tar -x -C .stage
chown -R {owner} .stage
chmod {mode} .stage/*
chmod 750 .stage
(cd .stage && sha256sum *) > {release}.sums
sync .stage/* {release}.sums
mv -T .stage {release}
sync .
"""

KEEP = """
cd {etc}
point() {{ ln -sfn "$2" ".$1" && mv -fT ".$1" "$1"; }}
before=$(readlink good) && [ "$before" != {release} ] && point last "$before"
point good {release}
{sweep}
sync .
"""


def _tar(files: Mapping[str, File], release: str) -> bytes:
    contents = {name: file.content or b"" for name, file in files.items()}
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in {**contents, MARKER: marker(release)}.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), 0o600
            tar.addfile(info, io.BytesIO(content))
    return archive.getvalue()
