"""The configuration before: `pyinfra inventories/local.py deploys.undo.undo`.

Roles, rights, data, the schema and the secrets stay as they are.
"""

from collections.abc import Iterator, Mapping

from pyinfra import state
from pyinfra.api.command import PyinfraCommand

from deploys import releases
from deploys.convergent import convergent
from deploys.prove import swap
from deploys.runtime import script_for
from deploys.snapshot import ask, snapshot
from deploys.summary import summarise
from deploys.target import Target
from deploys.tell import waits, would
from howdah import difference, hba, settings
from howdah.errors import HowdahError
from howdah.found import Found, read
from howdah.render import File

# A deploy with restart=yes would write the inventory's configuration again.
RESTART = "make stop start"


def undo() -> None:
    """The last good configuration but the one in force; twice is forward again."""
    target = Target(schema=False)
    summarise(target.cluster.environment)
    _undo(name="Put the last good configuration back", target=target)


@convergent
def _undo(target: Target) -> Iterator[PyinfraCommand]:
    found, runtime = snapshot(target), target.runtime
    runtime.check_host(found)
    release = found.good if found.good != found.current else found.last
    if not release or not found.current:
        raise HowdahError("there is no configuration before this one")
    runtime.check_port(found)
    before, now = _texts(_read(target, release)), _texts(found)
    values = [settings.parse(text["postgresql.conf"]) for text in (now, before)]
    changes = difference.changed(*values)
    # not what the server has not taken up
    late = [n for n in difference.late(changes, found.contexts) if n not in found.pending]
    verb = "reload" if found.running else "start"
    if late and found.running and target.cluster.may_restart:
        verb = "restart"
    would([f"{verb} the server with release {release}", *_difference(now, before),
           "the next deploy writes what the inventory says"])  # fmt: skip
    late += runtime.late(found) if found.running else []
    waits(late if verb == "reload" and not state.is_executing else [], RESTART)
    yield from swap(target, verb, release, hba.logins(before["pg_hba.conf"]))
    if state.is_executing:  # the server knows
        found = snapshot(target)
        waits([*sorted(found.pending), *runtime.late(found)], RESTART)
    yield releases.keep(runtime, release)


def _read(target: Target, release: str) -> Found:
    """The files of a release, as the snapshot has those of the one in force. Raises HowdahError.

    An edit by hand has not been proven, whatever its release was.
    """
    text = script_for(target.runtime, "read_release", variables={"release": release})
    return read(ask(target.runtime, f"go back to release {release}", text))


def _texts(found: Found) -> dict[str, str]:
    texts = {name: file.text for name, file in found.files.items()}
    return {"postgresql.conf": "", "pg_hba.conf": "", **texts}


def _difference(now: Mapping[str, str], before: Mapping[str, str]) -> Iterator[str]:
    """Secret files have no text, and are not told."""
    for name in sorted(n for n in before if n.endswith(".conf") and n != releases.MARKER):
        yield from difference.file_lines(name, now.get(name), File(before[name].encode()))
