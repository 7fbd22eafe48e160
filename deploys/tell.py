"""What a run says, under the host's name: a few lines at once, so that hosts do not mix."""

import re
import shlex
from collections.abc import Container, Iterable, Iterator, Sequence

from pyinfra import host, state
from pyinfra.api.command import PyinfraCommand

from deploys.convergent import convergent
from deploys.fence import command_line, run
from deploys.fence.connector import is_local
from deploys.hosts import address_of
from deploys.snapshot import last_read
from deploys.summary import RESTART, told
from deploys.target import Target
from howdah.cluster import Cluster
from howdah.conninfo import conninfo, listens_on
from howdah.danger import Danger
from howdah.found import Found
from howdah.plan import WIDTH, wrapped


def would(lines: Iterable[str], brief: Sequence[str] = ()) -> None:
    """What an operation is about to do: the plan has it, and the run again when it is done.

    ``brief``: the same in fewer lines, for a first plan; -v shows all of it.
    """
    operation = run.current_operation()
    shown = [visible(line) for entry in lines for line in entry.splitlines()]
    short = _wrapped(map(visible, brief))
    if not state.is_executing:
        told().planned[operation] = shown
        if short:
            told().brief[operation] = short
        return
    told().changed[operation] = shown
    if short and not command_line.options().verbose:
        shown = short
    host.log("\n".join(f"    {line}" for line in _once(operation, shown)).lstrip())


def _wrapped(lines: Iterable[str]) -> list[str]:
    """So that they are as many on a screen of 80 columns, below a heading."""
    parts = []
    for line in lines:
        parts += wrapped(line, indent=4, width=WIDTH - 8)
    return parts


# (operation, lines): where they stand already.
_shown: dict[tuple[str, ...], str] = {}


def _once(operation: str, lines: list[str]) -> list[str]:
    """What another host of the run has shown already is named only."""
    key = (operation, *lines)
    if key not in _shown or len(lines) == 1:
        _shown[key] = host.name
        return lines
    return [f"{lines[0]} (and {len(lines) - 1} more, as on {_shown[key]})"]


def report(lines: Iterable[str], allowed: Container[str] = ()) -> None:
    """What was found, and is not ours to change. ``allowed``: dangers that are meant to be so."""
    known = told()
    for line in lines:
        shown = visible(line)
        if shown in known.reported:
            continue
        known.reported.append(shown)
        if isinstance(line, Danger) and shown not in allowed:
            known.dangers.append(Danger(shown, line.kind))
        _log(known.report(shown))


def waits(names: Iterable[str], restart: str = RESTART) -> None:
    """What is in the files, and in force only after a restart. ``restart``: how to have it."""
    known = told()
    known.restart = restart
    for name in names:
        if name not in known.waits:
            known.waits.append(name)
            _log(f"waits for a restart ({restart}): {name}")


def _log(text: str) -> None:
    """At once while the run is at work; what is found before stands in the plan."""
    if state.is_executing:
        host.log(text)


def visible(line: str) -> str:
    """As it is printed: a name in the catalog may hold what a terminal would obey."""
    return re.sub(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]", lambda c: f"\\x{ord(c[0]):02x}", line)


@convergent
def tell_how_to_connect(target: Target) -> Iterator[PyinfraCommand]:
    """A DSN, the files that it needs, and a line for a terminal. Changes nothing."""
    yield from ()
    if not state.is_executing:
        return
    found = last_read()  # with the port and the socket that are in force
    cluster, store = _in_force(target.cluster, found), target.store
    inside = target.runtime.inside
    dsn = conninfo(cluster, str(store.path("ca.crt")), _reached(cluster))
    there = "" if is_local() else "  # on the host"
    socket = found.socket or inside.socket
    words = (f"{inside.binaries}/psql", "-h", socket, "-p", str(cluster.port), "-U",
             "postgres")  # fmt: skip
    superuser = f"{target.runtime.entering(found)} {shlex.join(words)}".strip()
    told().connect = [
        f"DSN       {dsn}",
        f"CA        {store.path('ca.crt')}",
        f"password  {store.password_file('app_verifier')}",
        f"socket    {socket}{there}",
        f"superuser {superuser}{there}",
    ]
    if is_local():
        password = f'PGPASSWORD="$(cat {shlex.quote(str(store.password_file("app_verifier")))})"'
        psql = f"{target.runtime.layout.binaries}/psql"
        told().connect.append(f"psql      {password} {shlex.quote(psql)} {shlex.quote(dsn)}")
    told().connect += _later(cluster, target.cluster)


def _in_force(cluster: Cluster, found: Found) -> Cluster:
    """The cluster as its server listens now: another port may wait for a restart."""
    listened = tuple(listens_on(found.listen)) or cluster.listen_addresses
    update = {"port": found.port or cluster.port, "listen_addresses": listened}
    return cluster.model_copy(update=update)


def _later(now: Cluster, wanted: Cluster) -> Iterator[str]:
    """What is in force after the restart."""
    if now.port != wanted.port:
        yield f"later     port {wanted.port}, after the restart (--data restart=yes)"
    if set(now.listen_addresses) != set(wanted.listen_addresses):
        addresses = ", ".join(map(str, wanted.listen_addresses))
        yield f"later     listens on {addresses}, after the restart (--data restart=yes)"


def _reached(cluster: Cluster) -> str:
    """From here; from the host itself where it listens to nobody else."""
    own = cluster.listen_addresses[0]
    if not is_local() and not all(a.is_loopback for a in cluster.listen_addresses):
        return address_of(host.name, host.data.dict(), cluster)
    return "127.0.0.1" if own.is_unspecified else str(own)
