"""What a run prints, under the host's name: a few lines at once, so that hosts do not mix."""

import re
import shlex
from collections.abc import Container, Iterable, Iterator, Sequence

from pyinfra import host, state
from pyinfra.api.command import PyinfraCommand

from deploys import host_report
from deploys.convergent import convergent
from deploys.fence import command_line, run
from deploys.fence.connector import is_local
from deploys.host_report import RESTART
from deploys.hosts import address_of
from deploys.snapshot import last_read
from deploys.target import Target
from howdah.cluster import Cluster
from howdah.conninfo import conninfo
from howdah.danger import Danger
from howdah.found import Found
from howdah.plan import WIDTH, wrapped

CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")


def would(lines: Iterable[str], brief: Sequence[str] = ()) -> None:
    """What an operation is about to do: the plan has it, and the run again when it is done.

    ``brief``: the same in fewer lines, for a first plan; -v shows all of it.
    """
    operation = run.current_operation()
    report = host_report.current()
    shown = _screen_lines(lines)
    short = _wrapped(brief)
    if not state.is_executing:
        report.planned[operation] = shown
        if short:
            report.brief[operation] = short
        return
    report.changed[operation] = shown
    if short and not command_line.options().verbose:
        shown = short
    indented = []
    for line in _once(operation, shown):
        indented.append(f"    {line}")
    host.log("\n".join(indented).lstrip())


def _screen_lines(texts: Iterable[str]) -> list[str]:
    """Each may have several lines."""
    lines = []
    for text in texts:
        for line in text.splitlines():
            lines.append(visible(line))
    return lines


def _wrapped(lines: Iterable[str]) -> list[str]:
    """So that they are as many on a screen of 80 columns, below a heading."""
    parts = []
    for line in lines:
        shown = visible(line)
        parts += wrapped(shown, indent=4, width=WIDTH - 8)
    return parts


# (operation, lines): the host that has shown them.
_shown: dict[tuple[str, ...], str] = {}


def _once(operation: str, lines: list[str]) -> list[str]:
    """What another host of the run has shown already is named only."""
    key = (operation, *lines)
    if key not in _shown or len(lines) == 1:
        _shown[key] = host.name
        return lines
    more = len(lines) - 1
    return [f"{lines[0]} (and {more} more, as on {_shown[key]})"]


def report(lines: Iterable[str], allowed: Container[str] = ()) -> None:
    """What was found, and is not ours to change. ``allowed``: dangers that are meant to be so."""
    known = host_report.current()
    for line in lines:
        shown = visible(line)
        if shown in known.reported:
            continue
        known.reported.append(shown)
        if isinstance(line, Danger) and shown not in allowed:
            danger = Danger(shown, line.kind)
            known.dangers.append(danger)
        _log(known.shown(shown))


def waits(names: Iterable[str], restart: str = RESTART) -> None:
    """What is in the files, and in force only after a restart. ``restart``: how to have it."""
    known = host_report.current()
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
    return CONTROL.sub(_escaped, line)


def _escaped(control: re.Match[str]) -> str:
    code = ord(control[0])
    return f"\\x{code:02x}"


# -- How to connect ----------------------------------------------------------------------------


@convergent
def show_how_to_connect(target: Target) -> Iterator[PyinfraCommand]:
    """A DSN, the files that it needs, and a line for a terminal. Changes nothing."""
    yield from ()
    if not state.is_executing:
        return
    found = last_read()  # with the port and the socket that are in force
    store = target.store
    cluster = _in_force(target, found)
    ca = str(store.path("ca.crt"))
    password = str(store.password_file("app_verifier"))
    dsn = conninfo(cluster, ca, _reached(cluster))
    runtime = target.runtime
    socket = found.process.socket or runtime.inside.socket
    shown = socket.replace(runtime.inside.socket, runtime.layout.socket)
    port = str(runtime.configured(cluster).port)
    words = shlex.join([runtime.psql, "-h", socket, "-p", port, "-U", "postgres"])
    superuser = f"{runtime.entering(found)} {words}".strip()
    there = ""
    if not is_local():
        there = "  # on the host"
    lines = [f"DSN       {dsn}"]
    if cluster.tls:
        lines.append(f"CA        {ca}")
    lines += [
        f"password  {password}",
        f"socket    {shown}{there}",
        f"superuser {superuser}{there}",
    ]
    if is_local():
        psql = shlex.quote(runtime.psql)
        file = shlex.quote(password)
        lines.append(f'psql      PGPASSWORD="$(cat {file})" {psql} {shlex.quote(dsn)}')
    lines += _later(cluster, target.cluster)
    host_report.current().connect = lines


def _in_force(target: Target, found: Found) -> Cluster:
    """The cluster as its server listens now: another port may wait for a restart."""
    cluster = target.cluster
    listened = tuple(target.runtime.listens(found))
    update = {
        "port": found.process.port or cluster.port,
        "listen_addresses": listened or cluster.listen_addresses,
    }
    return cluster.model_copy(update=update)


def _later(now: Cluster, wanted: Cluster) -> Iterator[str]:
    """What is in force after the restart."""
    after = f"after the restart ({RESTART})"
    if now.port != wanted.port:
        yield f"later     port {wanted.port}, {after}"
    if set(now.listen_addresses) != set(wanted.listen_addresses):
        addresses = ", ".join(map(str, wanted.listen_addresses))
        yield f"later     listens on {addresses}, {after}"


def _reached(cluster: Cluster) -> str:
    """From here; from the host itself where it listens on a loopback address only."""
    addresses = cluster.listen_addresses
    on_host_only = all(address.is_loopback for address in addresses)
    if not is_local() and not on_host_only:
        data = host.data.dict()
        return address_of(host.name, data, cluster)
    first = addresses[0]
    if first.is_unspecified:
        return "127.0.0.1"
    return str(first)
