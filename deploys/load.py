"""The server: started, reloaded or restarted, as the difference asks."""

from collections.abc import Iterator, Sequence

from pyinfra import host
from pyinfra.api.command import PyinfraCommand

from deploys import alter_system
from deploys.convergent import convergent
from deploys.prove import swap
from deploys.snapshot import snapshot
from deploys.staged import Staged, staged
from deploys.target import Target
from deploys.tell import report, waits, would
from howdah import difference
from howdah.found import Found
from howdah.found.lines import AnswerError


@convergent
def load(target: Target) -> Iterator[PyinfraCommand]:
    """Puts in force what `configure` has written, or a killed run has left undone.

    No more than is needed: it asks the server what it has loaded, not what this run has written.
    """
    found = snapshot(target)
    runtime = target.runtime
    stated = target.settings(found)
    by_alter_system = found.settings.system.keys()
    overridden = sorted(by_alter_system & stated.keys())
    others = sorted(by_alter_system - stated.keys())
    dangers = alter_system.lines(found, others)
    report(dangers, target.cluster.allowed)
    new = staged(target, found)
    late = _late(target, found, new, overridden)
    verb = _verb(target, found, late)
    if not verb and (new or overridden):
        verb = "reload"
    if found.running and verb != "restart":
        waits(late)
    if not verb:
        _check_loaded(found)
        host.noop("the server has loaded its files")
        return
    lines = []
    for name in overridden:
        value = found.settings.system[name]
        wanted = stated[name]
        lines.append(f"{runtime.layout.auto_conf}: take out {name} = {value!r}, wanted {wanted}")
    causes = ""
    if verb == "restart":
        causes = f" for {', '.join(late)}"
    would([*lines, f"{verb} the server{causes}"])
    if overridden:
        yield alter_system.take_out(runtime, overridden)
    release = found.releases.current
    if new:
        release = new.release
    logins = set(target.logins)
    yield from swap(target, verb, release, logins)


def _late(
    target: Target,
    found: Found,
    new: Staged | None,
    overridden: Sequence[str],
) -> list[str]:
    """What only a restart puts in force."""
    names = set(found.settings.pending)
    names.update(difference.late(overridden, found.settings.contexts))
    if new:
        names.update(new.late)
    late = sorted(names)
    if found.running:
        late += target.runtime.late(found)
    return late


def _verb(
    target: Target,
    found: Found,
    late: Sequence[str],
) -> str:
    """What the server needs, whatever changes now: start, restart, reload, or nothing."""
    if not found.running:
        return "start"
    if late and target.cluster.may_restart:
        return "restart"
    if found.server.release != found.releases.current:
        return "reload"
    return ""


def _check_loaded(found: Found) -> None:
    """Raises AnswerError."""
    if found.settings.faults:
        first = found.settings.faults[0]
        raise AnswerError(f"the server does not accept its files: {first}")
