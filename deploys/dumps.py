"""Dumps: what makes them on the host, the first of them, one now, and a list."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from pyinfra import host
from pyinfra.api.command import PyinfraCommand

from components.dumps import PROBE, Dumps, are_on
from deploys import host_files, shell
from deploys.convergent import convergent
from deploys.runtime import script_for
from deploys.script import filled
from deploys.snapshot import snapshot
from deploys.summary import summarise
from deploys.target import Target
from deploys.tell import would
from howdah import dump as dumping
from howdah.dump import Place
from howdah.dumped import Dump
from howdah.errors import HowdahError
from howdah.found import Found

MANIFEST = "dumps/manifest"
OFF = "dumps = 'off': set dumps = 'on', and deploy"
NONE_YET = "there is no dump yet; make dump makes one"
# Whom the unit runs as.
AS = {
    "package": "User=postgres",
    "docker": "# Root, who asks the engine; nothing of root's is read.\n"
    "Environment=DOCKER_CONFIG=/nonexistent",
}


@convergent
def dump(target: Target) -> Iterator[PyinfraCommand]:
    """The script, its unit and timer, and a first dump."""
    if not are_on(target.cluster):
        host.noop("dumps = 'off'")
        return
    lines = lacks(target, snapshot(target))
    if not lines:
        host.noop("dumps are set up")
        return
    would(lines)
    text = _script(target)
    yield shell.live("set up dumps", text, lock=target.runtime.lock)


def lacks(target: Target, found: Found) -> list[str]:
    """What it would do, a line each."""
    place = place_of(target)
    its = found.of(PROBE)
    texts = _texts(target, place, has_systemd=its.has_systemd)
    lines = list(host_files.lacking(texts, its.sums))
    timer = f"{place.unit}.timer"
    if has_timer(target) and its.has_systemd and timer not in its.timers:
        lines.append(f"enable {timer}")
    if not its.of(place.folder):
        lines.append(f"make a dump in {place.folder}")
    return lines


def place_of(target: Target) -> Place:
    """Where the host has them."""
    return dumping.place(target.cluster, target.runtime.layout)


def has_timer(target: Target) -> bool:
    """Whether the runtime's dumps are made by systemd."""
    return target.runtime.kind in AS


def _texts(
    target: Target,
    place: Place,
    *,
    has_systemd: bool,
) -> Mapping[str, str]:
    """Paths and contents of what the host keeps."""
    texts = {place.script: _dump(target, place)}
    if not has_timer(target) or not has_systemd:
        return texts
    texts[f"{place.units}.service"] = filled(
        "dumps/dump.service",
        stanza=place.stanza,
        script=place.script,
        folder=place.folder,
        **{"as": AS[target.runtime.kind]},
    ).strip()
    texts[f"{place.units}.timer"] = filled(
        "backup/backup.timer",
        what="Dump of",
        stanza=place.stanza,
        calendar=target.cluster.of(Dumps).dump_calendar,
    ).strip()
    return texts


def _dump(target: Target, place: Place) -> str:
    """The script that makes one."""
    cluster = target.cluster
    options = cluster.of(Dumps)
    databases = dumping.declared(target.want.connlimits)
    variables = {
        **variables_of(target, place),
        "role": cluster.backup_role,
        "port": str(target.runtime.configured(cluster).port),
        "databases": "\n".join(databases),
        "app_database": cluster.app_database,
        "row_security": "\n".join(options.row_security),
        "compression": dumping.compression(cluster),
        "keep": str(options.dump_keep),
        "days": str(options.dump_days),
        **host_files.LASTING,
    }
    text = script_for(target.runtime, "dumps/dump", MANIFEST, variables=variables)
    return text.strip()


def variables_of(target: Target, place: Place) -> dict[str, str]:
    """Of each script that reads or writes dumps. ``dumper``: whose they are; empty: root's."""
    runtime = target.runtime
    dumper = runtime.variables.get("system_user", "")
    if runtime.kind == "package":
        dumper = runtime.layout.owner
    unit = ""
    if has_timer(target):
        unit = place.unit
    return {
        "folder": place.folder,
        "dumper": dumper,
        "unit": unit,
        "script": place.script,
    }


def _script(target: Target) -> str:
    place = place_of(target)
    its = snapshot(target).of(PROBE)
    texts = _texts(target, place, has_systemd=its.has_systemd)
    first = ""
    if not its.of(place.folder):
        first = "yes"
    return script_for(
        target.runtime,
        "dumps/set_up",
        MANIFEST,
        "dumps/start",
        host_files.FUNCTIONS,
        variables={
            **variables_of(target, place),
            "paths": host_files.paths(texts),
            "first": first,
        },
        documents=host_files.documents(texts),
    )


def now() -> None:
    """A dump: what the timer does, now."""
    target = Target(schema=False)
    summarise(target.cluster.environment)
    _now(name="Dump the databases", target=target)


@convergent
def _now(target: Target) -> Iterator[PyinfraCommand]:
    check_on(target)
    place = place_of(target)
    lines = [line for line in lacks(target, snapshot(target)) if line.startswith("write ")]
    if lines:
        raise HowdahError(f"the deploy has to {lines[0]} first; make deploy does it")
    databases = dumping.declared(target.want.connlimits)
    would([f"dump {', '.join(databases)} into {place.folder}"])
    variables = variables_of(target, place)
    text = script_for(target.runtime, "dumps/now", MANIFEST, "dumps/start", variables=variables)
    yield shell.live("dump the databases", text, lock=target.runtime.lock)


def check_on(target: Target) -> None:
    """Raises HowdahError where the inventory has none."""
    if not are_on(target.cluster):
        raise HowdahError(OFF)


def listed() -> None:
    """The dumps that there are, and how the last one went."""
    target = Target(schema=False)
    _listed(name="List the dumps", target=target)


@convergent
def _listed(target: Target) -> Iterator[PyinfraCommand]:
    yield from ()
    check_on(target)
    folder = place_of(target).folder
    its = snapshot(target).of(PROBE)
    lines = [f"dumps in {folder}"]
    for each in its.of(folder):
        lines.append(f"    {shown(each)}")
    last = its.last.get(folder)
    if last and last.fault:
        ended = datetime.fromtimestamp(last.ended, UTC)
        lines.append(f"    the last one has failed, {ended:%Y-%m-%d %H:%M} UTC: {last.fault}")
    if len(lines) == 1:
        lines = [NONE_YET]
    host.log("\n".join(lines))


def shown(one: Dump) -> str:
    """A line of the list."""
    databases = ", ".join(one.databases)
    return f"{one.name}  {one.rows:,} rows, {one.bytes:,} bytes: {databases}"
