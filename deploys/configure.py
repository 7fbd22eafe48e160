"""The server's files, as one set."""

import base64
import io
import shlex
import tarfile
from collections.abc import Iterator, Mapping

from pyinfra import host, state
from pyinfra.api.command import PyinfraCommand

from deploys import shell
from deploys.runtime import Runtime
from deploys.snapshot import convergent, snapshot
from deploys.target import Target
from deploys.tell import would
from howdah import difference, settings
from howdah.found import Found, FoundFile
from howdah.layout import Layout
from howdah.refusal import Refusal
from howdah.render import File

Files = Mapping[str, File]
MARKER = "release.conf"  # what the running server has loaded says its name


@convergent
def configure(target: Target) -> Iterator[PyinfraCommand]:
    """Writes a new release when a file differs, and puts it in force by one flip of a link."""
    found, wanted, layout = snapshot(target), target.files(), target.runtime.layout
    differing = [n for n, file in wanted.items() if _differs(found, n, file, layout)]
    differing += _strange(found, wanted, layout)
    if not differing:
        host.noop("the configuration is as wanted")
        return
    _refuse_unknown(found, wanted)
    cost = _cost(found, wanted, differing)
    found.foreseen = cost
    lines = [f"release {found.next_release} ({cost})"]
    lines += [f"{name} is not as it was written" for name in differing if name not in wanted]
    for name in (n for n in differing if n in wanted):
        now = _text(found.files.get(name))
        lines += difference.file_lines(name, now, wanted[name], brief=state.is_executing)
    would(lines)
    yield _write(target.runtime, found, wanted)


def _strange(found: Found, wanted: Files, layout: Layout) -> list[str]:
    """Files of the release that are neither wanted nor its marker as it was written."""
    marker = found.files.get(MARKER)
    strange = sorted(found.files.keys() - wanted.keys() - {MARKER})
    as_written = File(_marker(found.current))
    if marker is None or _differs(found, MARKER, as_written, layout):
        strange.append(MARKER)
    return strange


def _marker(release: str) -> bytes:
    return f"howdah.release = '{release}'\n".encode()


def _refuse_unknown(found: Found, wanted: Files) -> None:
    """A running server tells early what its parser would refuse later: also in a dry run."""
    names = settings.parse((wanted["postgresql.conf"].content or b"").decode())
    unknown = [n for n in names if "." not in n and found.running and n not in found.contexts]
    if unknown:
        raise Refusal(f"settings[{unknown[0]!r}]: this server knows no such setting")


def _differs(found: Found, name: str, file: File, layout: Layout) -> bool:
    now = found.files.get(name)
    wanted = (file.sha256, layout.file_owner, layout.file_mode)
    return not now or (now.sha256, now.owner, now.mode) != wanted


def _text(file: FoundFile | None) -> str | None:
    return None if file is None else file.text


def _cost(found: Found, wanted: Files, differing: list[str]) -> str:
    if not found.running:
        return "start"
    if "postgresql.conf" not in differing:
        return "reload"
    now = _text(found.files.get("postgresql.conf")) or ""
    content = wanted["postgresql.conf"].content or b""
    return difference.cost(difference.setting_changes(now, content.decode()), found.contexts)


def _write(runtime: Runtime, found: Found, wanted: Files) -> PyinfraCommand:
    """One command: a closed folder beside the others, the server's parser, then the flip."""
    layout, release = runtime.layout, found.next_release
    words = {
        "etc": shlex.quote(layout.releases),
        "release": release,
        "previous": found.current or release,
        "owner": layout.file_owner,
        "mode": layout.file_mode,
        "check": f"{runtime.as_owner} {shell.quoted(f'{layout.binaries}/postgres')} "
        f"-D {shlex.quote(layout.data)} -C port -c config_file",
    }
    return shell.run(f"put release {release} in force", WRITE.format(**words), lock=runtime.lock,
                     _stdin=base64.b64encode(_tar(wanted, release)).decode())  # fmt: skip


# The folder is closed before a byte of a secret arrives. The previous release stays.
WRITE = """
cd {etc}
umask 077
rm -rf .stage
mkdir .stage
base64 -d | tar -x -C .stage
chown -R {owner} .stage
chmod {mode} .stage/*
chmod 750 .stage
{check}="$PWD/.stage/postgresql.conf"
sync .stage/*
rm -rf {release}
mv -T .stage {release}
ln -sfn {release} .current
mv -fT .current current
sync .
for old in r-*; do
    [ "$old" = {release} ] || [ "$old" = {previous} ] || rm -rf "$old"
done
"""


def _tar(wanted: Files, release: str) -> bytes:
    contents = {name: file.content or b"" for name, file in wanted.items()}
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in {**contents, MARKER: _marker(release)}.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), 0o600
            tar.addfile(info, io.BytesIO(content))
    return archive.getvalue()
