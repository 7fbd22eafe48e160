"""PostgreSQL itself: binaries, OS user, folders, the data directory."""

from collections.abc import Iterator

from pyinfra import host, state
from pyinfra.api.command import PyinfraCommand

from deploys.convergent import convergent
from deploys.snapshot import snapshot
from deploys.target import Target
from deploys.tell import would
from howdah.refusal import Refusal


@convergent
def install(target: Target) -> Iterator[PyinfraCommand]:
    """What the runtime needs before there can be a server. Refuses a host that cannot have it."""
    found, runtime = snapshot(target), target.runtime
    runtime.refuse(found)
    if found.locked and not state.is_executing:
        host.log(f"another deploy is at work: {found.lock}")
    # What they refuse is refused before anything is touched.
    target.due()
    target.files(found.hardware)
    lacks = runtime.lacks(found)
    if not lacks:
        host.noop("PostgreSQL is installed")
        return
    would(lacks)
    yield from runtime.install(found)


@convergent
def initialise(target: Target) -> Iterator[PyinfraCommand]:
    """The data directory, with checksums, encoded in UTF-8, sorted by C."""
    found, runtime, data = snapshot(target), target.runtime, target.runtime.layout.data
    lacks = runtime.lacks_data(found)
    if not lacks:
        host.noop("the data directory is there")
        return
    if found.current and not found.data:
        raise Refusal(f"{data} is missing, and there was a server: bring it back (a file system "
                      "that is not mounted?), or make destroy to begin anew")  # fmt: skip
    would(lacks)
    yield from runtime.initialise(found)
