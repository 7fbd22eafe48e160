"""A server by itself: `pyinfra inventories/local.py deploys.local.stop`."""

from collections.abc import Iterator

from pyinfra import host
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.exceptions import DeployError

from deploys import backup_status
from deploys.convergent import convergent
from deploys.runtime import control
from deploys.snapshot import processes
from deploys.summary import summarise
from deploys.target import Server
from deploys.tell import would
from howdah.errors import HowdahError
from howdah.expected import moved_from
from howdah.found import Found

NONE_YET = "there is no server in {} yet; make deploy makes it"


def start() -> None:
    """The server, as it was last configured."""
    target = Server()
    summarise(target.cluster.environment)
    _start(name="Start the server", target=target)


def stop() -> None:
    """The server; sessions are ended."""
    target = Server()
    summarise(target.cluster.environment)
    _stop(name="Stop the server", target=target)


def status() -> None:
    """Whether it runs, and where everything is."""
    target = Server()
    _status(name="Report the server's status", target=target)


def destroy() -> None:
    """The server, its data and its binaries. The secrets stay."""
    target = Server()
    if target.cluster.stage != "development":
        raise DeployError(
            f"stage = {target.cluster.stage!r}: only development is destroyed; "
            "docs/operations.md has how to give a cluster up"
        )
    _destroy(name="Destroy the server and its data", target=target)


def _check(target: Server, found: Found) -> None:
    """Raises HowdahError for a server that is not this inventory's, or that runs elsewhere."""
    target.runtime.check_owner(found)
    data = target.runtime.inside.data
    before = moved_from(found, data)
    if before:
        raise HowdahError(
            f"the server's data is in {before}, and the inventory names {data}; set "
            f"data_directory = {before!r} until it is stopped"
        )


@convergent
def _start(target: Server) -> Iterator[PyinfraCommand]:
    found = processes(target)
    runtime = target.runtime
    runtime.check_host(found)
    _check(target, found)
    if not found.releases.current:
        raise HowdahError(NONE_YET.format(runtime.layout.home))
    runtime.check_port(found)
    if found.process.pid:
        host.noop("the server runs")
        return
    would(["start the server"])
    yield control(runtime, "start")


@convergent
def _stop(target: Server) -> Iterator[PyinfraCommand]:
    found = processes(target)
    _check(target, found)
    if not found.process.pid:
        host.noop("the server is down")
        return
    would(["stop the server: its sessions end"])
    yield control(target.runtime, "stop")


@convergent
def _status(target: Server) -> Iterator[PyinfraCommand]:
    yield from ()
    found = processes(target, answers=True)
    layout = target.runtime.layout
    _check(target, found)
    if not found.home.whose:  # a home without it has the record of a dry run only
        host.log(NONE_YET.format(layout.home))
        return
    state = "is down"
    if found.process.pid:
        state = f"runs (PostgreSQL {found.server.version}, pid {found.process.pid})"
    lines = [
        f"the server {state}",
        f"    port      {found.process.port or target.cluster.port}",
        f"    data      {layout.data}",
        f"    log       {layout.log}",
        f"    socket    {layout.socket}",
        f"    release   {found.releases.current or 'none yet'}",
        *target.runtime.status(found),
        *backup_status.lines(target.cluster, found),
    ]
    host.log("\n".join(lines))


@convergent
def _destroy(target: Server) -> Iterator[PyinfraCommand]:
    found = processes(target)
    runtime = target.runtime
    layout = runtime.layout
    if not found.home.there:
        host.noop("there is nothing to delete")
        return
    _check(target, found)
    would(
        [
            f"delete {layout.home}: the server, its data, its log",
            f"delete {layout.socket}",
            "the secrets stay",
        ]
    )
    if found.process.pid:
        yield control(runtime, "stop")
    yield from runtime.remove()
