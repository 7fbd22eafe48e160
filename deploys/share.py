"""The secrets that containers of applications mount, on the server's host."""

import base64
from collections.abc import Iterator, Mapping

from pyinfra import host
from pyinfra.api.command import PyinfraCommand

from deploys import shell
from deploys.archive import tar
from deploys.convergent import convergent
from deploys.runtime import Runtime, script_for
from deploys.snapshot import snapshot
from deploys.target import Target
from deploys.tell import would
from howdah.secrets import shared


@convergent
def share(target: Target) -> Iterator[PyinfraCommand]:
    """Each in a folder of its own, which its container sees change without a restart."""
    runtime = target.runtime
    if not runtime.shared:
        host.noop("applications have their secrets of make bundle")
        return
    wanted = shared.files(target.cluster, target.store)
    found = snapshot(target)
    lines = shared.difference(wanted, found.docker.secrets)
    if not lines:
        host.noop("applications have their secrets")
        return
    would([f"{line} in {runtime.shared}" for line in lines])
    yield _written(runtime, wanted)


def _written(runtime: Runtime, files: Mapping[str, shared.File]) -> PyinfraCommand:
    contents = {}
    owners = []
    for name, file in files.items():
        staged = name.replace("/", ".", 1)
        contents[staged] = file.content
        owners.append(f"{name}:{file.uid}")
    variables = {"shared": runtime.shared, "wanted": " ".join(owners)}
    script = script_for(runtime, "share", variables=variables)
    archive = base64.b64encode(tar(contents))
    return shell.run(
        "write the applications' secrets",
        script,
        lock=runtime.lock,
        _stdin=archive.decode(),
    )
