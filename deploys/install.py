"""PostgreSQL itself: binaries, OS user, folders, the data directory."""

from collections.abc import Iterator

from pyinfra import host
from pyinfra.api.command import PyinfraCommand

from deploys.runtime import Runtime
from deploys.snapshot import convergent, snapshot
from deploys.tell import would
from howdah.wanted import Wanted


@convergent
def install(runtime: Runtime, want: Wanted) -> Iterator[PyinfraCommand]:
    """What the runtime needs before there can be a server. Refuses a host that cannot have it."""
    found = snapshot(runtime, want)
    runtime.refuse(found)
    lacks = runtime.lacks(found)
    if not lacks:
        host.noop("PostgreSQL is installed")
        return
    would(lacks)
    yield from runtime.install()


@convergent
def initialise(runtime: Runtime, want: Wanted) -> Iterator[PyinfraCommand]:
    """The data directory, with checksums, encoded in UTF-8, sorted by C."""
    if snapshot(runtime, want).data:
        host.noop("the data directory is there")
        return
    would([f"initdb {runtime.layout.data}"])
    yield from runtime.initialise()
