"""The configuration before: `pyinfra inventories/local.py deploys.undo.undo`.

Roles, rights, data, the schema and the secrets stay as they are.
"""

from collections.abc import Iterator, Mapping, Sequence

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
from howdah import difference, settings
from howdah.errors import HowdahError
from howdah.found import Found, read
from howdah.pg_hba import hba
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
    found = snapshot(target)
    runtime = target.runtime
    runtime.check_host(found)
    release = _release_before(found)
    runtime.check_port(found)
    now = _texts(found)
    before = _texts(_read(target, release))
    late = _late(found, now, before)
    if found.running:
        late += runtime.late(found, before)
    verb = _verb(target, found, late)
    would(
        [
            f"{verb} the server with release {release}",
            *_difference(now, before),
            "the next deploy writes what the inventory has",
        ]
    )
    if verb == "reload" and not state.is_executing:
        waits(late, RESTART)
    logins = hba.logins(before["pg_hba.conf"])
    yield from swap(target, verb, release, logins)
    if state.is_executing:  # the server knows
        found = snapshot(target)
        late = sorted(found.settings.pending)
        late += runtime.late(found, before)
        waits(late, RESTART)
    yield releases.keep(runtime, release)


def _release_before(found: Found) -> str:
    release = found.releases.good
    if release == found.releases.current:
        release = found.releases.last
    if not release or not found.releases.current:
        raise HowdahError("there is no configuration before this one")
    return release


def _late(
    found: Found,
    now: Mapping[str, str],
    before: Mapping[str, str],
) -> list[str]:
    """The settings that only a restart takes back."""
    old = settings.parse(now["postgresql.conf"])
    new = settings.parse(before["postgresql.conf"])
    changes = difference.changed(old, new)
    late = []
    for name in difference.late(changes, found.settings.contexts):
        if name not in found.settings.pending:  # else the server has not taken it up
            late.append(name)
    return late


def _verb(
    target: Target,
    found: Found,
    late: Sequence[str],
) -> str:
    """start, reload or restart."""
    if not found.running:
        return "start"
    if late and target.cluster.may_restart:
        return "restart"
    return "reload"


def _read(target: Target, release: str) -> Found:
    """The files of a release, as the snapshot has those of the one in force. Raises HowdahError.

    An edit by hand has not been proven, whatever its release was.
    """
    runtime = target.runtime
    variables = {"release": release}
    text = script_for(runtime, "read_release", variables=variables)
    answer = ask(runtime, f"go back to release {release}", text)
    return read(answer)


def _texts(found: Found) -> dict[str, str]:
    texts = {"postgresql.conf": "", "pg_hba.conf": ""}
    for name, file in found.releases.files.items():
        texts[name] = file.text
    return texts


def _difference(now: Mapping[str, str], before: Mapping[str, str]) -> Iterator[str]:
    """Secret files have no text, and are not shown."""
    for name in sorted(before):
        if before[name] and name != releases.MARKER:
            wanted = File(before[name].encode())
            yield from difference.file_lines(name, now.get(name), wanted)
