"""The server: started, reloaded or restarted, as the difference asks."""

from collections.abc import Iterator

from pyinfra import host
from pyinfra.api.command import PyinfraCommand

from deploys.runtime import Runtime
from deploys.snapshot import convergent, snapshot
from deploys.sql import superuser
from deploys.target import Target
from deploys.tell import report, would
from howdah import settings
from howdah.found import Found, Unreadable
from howdah.names import setting_name


@convergent
def load(target: Target) -> Iterator[PyinfraCommand]:
    """No more than is needed, and whatever a killed run has left undone.

    It asks the server what it has loaded, not what this run has written.
    """
    found, runtime = snapshot(target), target.runtime
    overridden, others = _overridden(found)
    report(f"ALTER SYSTEM has set {name} = {found.system[name]!r}" for name in others)
    verb = _verb(runtime, found, overridden)
    if not verb:
        _refuse_faults(found)
        host.noop("the server has loaded its files")
        return
    waiting = sorted(found.pending) if verb == "restart" else []
    resets = [f"ALTER SYSTEM RESET {setting_name(name)};" for name in overridden]
    told = [f"{r}  -- was {found.system[n]}" for r, n in zip(resets, overridden, strict=True)]
    would([*told, f"{verb} the server" + (f" for {', '.join(waiting)}" if waiting else "")])
    if overridden:
        yield superuser(runtime, found, "reset settings", "\n".join(resets))
    yield from _commands(runtime, found, verb)
    _refuse_faults(snapshot(target))


def _overridden(found: Found) -> tuple[list[str], list[str]]:
    """What ALTER SYSTEM has set: the settings that the template states, and the others."""
    conf = found.files.get("postgresql.conf")
    stated = settings.parse(conf.text) if conf else {}
    names = sorted(found.system)
    return [n for n in names if n in stated], [n for n in names if n not in stated]


def _verb(runtime: Runtime, found: Found, overridden: list[str]) -> str:
    """start, restart, reload, or nothing."""
    if not found.running:
        return "start"
    late = [name for name in overridden if found.contexts.get(name) == "postmaster"]
    if late or found.pending or found.foreseen == "restart" or _other_binaries(runtime, found):
        return "restart"
    return "reload" if found.foreseen or overridden or found.release != found.current else ""


def _other_binaries(runtime: Runtime, found: Found) -> bool:
    return f"/pgsql-{found.version}." not in runtime.layout.binaries


def _commands(runtime: Runtime, found: Found, verb: str) -> Iterator[PyinfraCommand]:
    if verb == "reload":
        yield from runtime.reload(found.current)
    elif verb == "restart":
        yield from runtime.restart()
    else:
        yield from runtime.start()


def _refuse_faults(found: Found) -> None:
    if found.faults:
        raise Unreadable(f"the server does not accept its files: {found.faults[0]}")
