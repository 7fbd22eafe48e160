"""The embedded server by itself: `pyinfra inventories/local.py deploys.local.stop`."""

from collections.abc import Iterator

from pyinfra import host
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.exceptions import DeployError

from deploys.inventory import read_cluster
from deploys.runtime import Runtime, runtime_of
from deploys.snapshot import convergent, snapshot
from deploys.tell import would
from deploys.wanted import want_of
from howdah.cluster import BadCluster
from howdah.wanted import Wanted


def start() -> None:
    """The server, as it was last configured."""
    runtime, want = _local()
    _start(name="Start the server", runtime=runtime, want=want)


def stop() -> None:
    """The server; sessions are ended."""
    runtime, want = _local()
    _stop(name="Stop the server", runtime=runtime, want=want)


def status() -> None:
    """Whether it runs, and where everything is."""
    runtime, want = _local()
    _status(name="Tell the server's status", runtime=runtime, want=want)


def destroy() -> None:
    """The server, its data and its binaries. The secrets stay."""
    runtime, want = _local()
    if runtime.cluster.stage != "development":
        raise DeployError(f"stage = {runtime.cluster.stage!r}: only development is destroyed")
    _destroy(name="Destroy the server and its data", runtime=runtime, want=want)


def _local() -> tuple[Runtime, Wanted]:
    cluster = read_cluster()
    return runtime_of(cluster), want_of(cluster)


@convergent
def _start(runtime: Runtime, want: Wanted) -> Iterator[PyinfraCommand]:
    found = snapshot(runtime, want)
    runtime.refuse(found)
    if not found.current:
        raise BadCluster(f"there is no server in {runtime.layout.home} yet; make deploy makes it")
    if found.pid:
        host.noop("the server runs")
        return
    yield from runtime.start()


@convergent
def _stop(runtime: Runtime, want: Wanted) -> Iterator[PyinfraCommand]:
    if not snapshot(runtime, want).pid:
        host.noop("the server is down")
        return
    yield from runtime.stop()


@convergent
def _status(runtime: Runtime, want: Wanted) -> Iterator[PyinfraCommand]:
    yield from ()
    found, layout = snapshot(runtime, want), runtime.layout
    state = f"runs (PostgreSQL {found.version}, pid {found.pid})" if found.pid else "is down"
    port = found.port or runtime.cluster.port
    host.log(
        f"the server {state}\n"
        f"    port      {port}\n    data      {layout.data}\n    log       {layout.log}\n"
        f"    socket    {layout.socket}\n    release   {found.current or 'none yet'}"
    )


@convergent
def _destroy(runtime: Runtime, want: Wanted) -> Iterator[PyinfraCommand]:
    found, layout = snapshot(runtime, want), runtime.layout
    if not found.home:
        host.noop("there is nothing to delete")
        return
    if found.checkout:
        runtime.refuse(found)
    would([f"delete {layout.home}: the server, its data, its log", f"delete {layout.socket}",
           "the secrets stay"])  # fmt: skip
    if found.pid:
        yield from runtime.stop()
    yield from runtime.remove()
