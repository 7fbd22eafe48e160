"""PostgreSQL itself: binaries, OS user, folders, the data directory."""

from collections.abc import Iterator

from pyinfra import host, state
from pyinfra.api.command import PyinfraCommand

from deploys.convergent import convergent
from deploys.issue import check_clocks
from deploys.migrate import check_schema
from deploys.new_data import check_data, check_lost
from deploys.repository import check_repository
from deploys.snapshot import snapshot
from deploys.target import Target
from deploys.tell import report, would


@convergent
def install(target: Target, *, restores: bool = False) -> Iterator[PyinfraCommand]:
    """What the runtime needs before there can be a server. Refuses a host that cannot have it.

    ``restores``: a lost host's data come from its backups.
    """
    found, runtime = snapshot(target), target.runtime
    runtime.check_host(found)
    if not restores:
        check_data(target, found)
    runtime.check_port(found)
    report(found.health.reports())
    if found.lock.held and not state.is_executing:
        host.log(f"another deploy is at work: {found.lock.by}")
    # What they reject is rejected before anything is touched.
    runtime.check_modules(found, target.want)
    check_clocks(target, found)
    check_repository(target, found)
    target.due()
    target.files(found)
    if not restores:
        check_schema(target, found)
    lacks = runtime.lacks(found)
    if not lacks:
        host.noop("PostgreSQL is installed")
        return
    would(lacks)
    yield from runtime.install(found)


@convergent
def initialise(target: Target) -> Iterator[PyinfraCommand]:
    """The data directory, with checksums: a new one is encoded in UTF-8 and sorted by C."""
    found, runtime = snapshot(target), target.runtime
    # Packages of another name may have brought what they must, or not.
    runtime.check_modules(found, target.want)
    lacks = runtime.lacks_data(found)
    if not lacks:
        host.noop("the data directory is there")
        return
    check_lost(target, found)
    would(lacks)
    yield from runtime.initialise(found)
