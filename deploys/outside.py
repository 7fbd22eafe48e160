"""How pgBackRest, a program of the host, sees a cluster whose server may be in a container.

Beside it is a file of shell functions for each runtime: runtime/KIND_closed.sh, for a server that
nobody enters. `pgbackrest` and `beside_data` are functions of lib.sh.
"""

from dataclasses import replace

from deploys.runtime import Runtime
from howdah.found import Found
from howdah.layout import Layout

# What a unit of root's needs to act as the server's OS user, in a mount namespace of its own.
AS_ROOT = "CAP_SYS_ADMIN CAP_SETUID CAP_SETGID CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_KILL"


def layout(runtime: Runtime) -> Layout:
    """The host's paths, but for the data's: pgBackRest compares it with what the server reports."""
    return replace(runtime.layout, data=runtime.inside.data)


def become(runtime: Runtime, found: Found) -> str:
    """Words of an ExecStart: systemd takes no User= whose number has no name on the host."""
    if runtime.kind != "docker":
        return ""
    docker = found.docker
    ids = f"--reuid={docker.image_uid} --regid={docker.image_gid}"
    return f"/usr/bin/setpriv {ids} --clear-groups "


def rights(runtime: Runtime) -> str:
    """Lines of a unit that runs as the server's OS user, where those paths hold."""
    if runtime.kind != "docker":
        return "User=postgres\nCapabilityBoundingSet="
    home = runtime.layout.home
    data = runtime.inside.data
    above, _, _ = data.rpartition("/")
    return (
        "CapabilityBoundingSet=CAP_SETUID CAP_SETGID\n"
        f"Environment=PGBACKREST_CONFIG={runtime.layout.current}/pgbackrest\n"
        "# Only root gets past the home.\n"
        f"TemporaryFileSystem={home}:ro,mode=0711 {above}:ro\n"
        f"BindPaths={home}/run {home}/spool\n"
        f"BindReadOnlyPaths={home}/etc -{home}/back_up.sh -{home}/push.sh\n"
        f"BindReadOnlyPaths={runtime.layout.data}:{data}"
    )


def rights_of_drill(runtime: Runtime) -> str:
    """The same for one that recovers: a container is root's to start."""
    if runtime.kind != "docker":
        return rights(runtime)
    return f"CapabilityBoundingSet={AS_ROOT}"


def path(runtime: Runtime, host: str) -> str:
    """What lies in the data's folder or the socket's, as the server sees it."""
    seen, inside = runtime.layout, runtime.inside
    for its, theirs in ((seen.data, inside.data), (seen.socket, inside.socket)):
        if host.startswith(its):
            return host.replace(its, theirs, 1)
    return host


def fetch(
    runtime: Runtime,
    stanza: str,
    data: str,
    work: str,
) -> str:
    """The restore_command of a server on ``data``, which the host gives the files by two pipes."""
    if runtime.kind == "docker":
        its = path(runtime, work)
        return f'echo "%f %p" > {its}/ask && read code < {its}/answer && exit $code'
    words = f"pgbackrest --stanza={stanza} --pg1-path={data} --no-archive-async"
    return f'{words} archive-get %f "%p"'
