"""What a run says, under the host's name: a few lines at once, so that hosts do not mix."""

import re
import shlex
import sys
from collections.abc import Iterable, Iterator

from pyinfra import host, state
from pyinfra.api.command import PyinfraCommand

from deploys import connection
from deploys.convergent import convergent
from deploys.hosts import address_of
from deploys.runtime import Runtime
from deploys.snapshot import last_read
from deploys.summary import told
from deploys.target import Target
from howdah.cluster import Cluster
from howdah.conninfo import conninfo, listens_on
from howdah.found import Found


def would(lines: Iterable[str]) -> None:
    """What an operation is about to do: said by the dry run, and again when it is done.

    In the plan of --json it stands as the operation's args.
    """
    said = [line for entry in lines for line in entry.splitlines()]
    if "--json" in sys.argv and host.current_op_hash and not state.is_executing:
        state.get_op_meta(host.current_op_hash).args.extend(said)
    visible = [_visible(line) for line in said]
    if host.current_op_hash and state.is_executing:
        told().changed[min(state.get_op_meta(host.current_op_hash).names)] = visible
    host.log("\n".join(f"    {line}" for line in visible).lstrip())


def report(lines: Iterable[str]) -> None:
    """What was found, and is not ours to change."""
    for line in map(_visible, lines):
        host.log(f"reported: {line}")
        told().reported += [line] if state.is_executing and line not in told().reported else []


def waits(names: Iterable[str]) -> None:
    """What is in the files, and in force only after a restart."""
    for name in names:
        host.log(f"waits for a restart (--data restart=yes): {name}")
        told().waits += [name] if state.is_executing and name not in told().waits else []


def _visible(line: str) -> str:
    """A name in the catalog may hold what a terminal would obey."""
    return re.sub(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]", lambda c: f"\\x{ord(c[0]):02x}", line)


@convergent
def tell_how_to_connect(target: Target) -> Iterator[PyinfraCommand]:
    """A DSN, the files that it needs, and a line for a terminal. Changes nothing."""
    yield from ()
    if not state.is_executing:
        return
    found = last_read()  # with the port and the socket that are in force
    cluster, store, layout = _in_force(target.cluster, found), target.store, target.runtime.layout
    dsn = conninfo(cluster, str(store.path("ca.crt")), _reached(cluster))
    there = "" if connection.is_local() else "  # on the host"
    socket = found.socket or layout.socket
    words = (f"{layout.binaries}/psql", "-h", socket, "-p", str(cluster.port), "-U",
             "postgres")  # fmt: skip
    superuser = f"{_becoming(target.runtime)} {shlex.join(words)}".strip()
    lines = [
        f"DSN       {dsn}",
        f"CA        {store.path('ca.crt')}",
        f"password  {store.password_file('app_verifier')}",
        f"socket    {socket}{there}",
        f"superuser {superuser}{there}",
    ]
    if connection.is_local():
        password = f'PGPASSWORD="$(cat {shlex.quote(str(store.password_file("app_verifier")))})"'
        lines.append(f"psql      {password} {shlex.quote(words[0])} {shlex.quote(dsn)}")
    lines += _later(cluster, target.cluster)
    host.log("\n    ".join(["connect with", *lines]))


def _becoming(runtime: Runtime) -> str:
    """The words that become the server's OS user, for whoever may: an operator's sudo, root."""
    if runtime.as_owner and "sudo" in last_read().has:
        return f"sudo -u {runtime.layout.owner}"
    return runtime.as_owner


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
    if not connection.is_local() and not all(a.is_loopback for a in cluster.listen_addresses):
        return address_of(host.name, host.data.dict(), cluster)
    return "127.0.0.1" if own.is_unspecified else str(own)
