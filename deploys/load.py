"""The server: started, reloaded or restarted, as the difference asks."""

from collections.abc import Iterator

from pyinfra import host
from pyinfra.api.command import PyinfraCommand

from deploys import alter_system
from deploys.convergent import convergent
from deploys.prove import swap
from deploys.snapshot import snapshot
from deploys.target import Target
from deploys.tell import report, waits, would
from howdah import difference
from howdah.found import AnswerError, Found


@convergent
def load(target: Target) -> Iterator[PyinfraCommand]:
    """Puts in force what `configure` has written, or a killed run has left undone.

    No more than is needed: it asks the server what it has loaded, not what this run has written.
    """
    found, runtime = snapshot(target), target.runtime
    stated = target.settings(found)
    overridden = sorted(found.system.keys() & stated.keys())
    others = sorted(found.system.keys() - stated.keys())
    report(alter_system.lines(found, others), target.cluster.allowed)
    late = _late(target, found, overridden)
    verb = _verb(target, found, late=bool(late), overridden=bool(overridden))
    if found.running and verb != "restart":
        waits(late)
    if not verb:
        _refuse_faults(found)
        host.noop("the server has loaded its files")
        return
    taken = [
        f"{runtime.layout.auto_conf}: take out {name} = {found.system[name]!r}, "
        f"wanted {stated[name]}"
        for name in overridden
    ]
    causes = f" for {', '.join(late)}" if verb == "restart" else ""
    would([*taken, f"{verb} the server{causes}"])
    if overridden:
        yield alter_system.take_out(runtime, overridden)
    release = target.staged.release if target.staged else found.current
    yield from swap(target, verb, release, set(target.logins))


def _late(target: Target, found: Found, overridden: list[str]) -> list[str]:
    """What only a restart puts in force."""
    staged = target.staged.late if target.staged else []
    names = {*difference.late(overridden, found.contexts), *found.pending, *staged}
    return [*sorted(names), *(target.runtime.late(found) if found.running else [])]


def _verb(target: Target, found: Found, *, late: bool, overridden: bool) -> str:
    """start, restart, reload, or nothing."""
    if not found.running:
        return "start"
    if late and target.cluster.may_restart:
        return "restart"
    return "reload" if target.staged or overridden or found.release != found.current else ""


def _refuse_faults(found: Found) -> None:
    if found.faults:
        raise AnswerError(f"the server does not accept its files: {found.faults[0]}")
