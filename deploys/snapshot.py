"""The one fact: all that convergence needs to know of a host, in one remote command.

It is kept per host and stage. Whatever changes the host drops it, and the next question reads
it anew. What Prepare read is never used in Execute: the prompt between them may last minutes.
Without a prompt, Execute's question leaves while pyinfra prepares.
"""

import shlex
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, TypeAlias

import gevent
from gevent import Greenlet
from pyinfra import host, state

import components
from deploys import connection
from deploys.fence import run
from deploys.runtime import WRITTEN, Runtime, script_for
from deploys.script import script as shell_script
from deploys.sql import pgoptions
from deploys.target import Server, Target
from howdah import found
from howdah.answer import Answer
from howdah.component import Probe
from howdah.found import Found
from howdah.found.lines import AnswerError
from howdah.queries import of_probe, query, questions
from howdah.roles_sql import sqlfiles
from howdah.roles_sql.wanted import Wanted
from howdah.secrets import clocks

ON_ITS_WAY = 0.006  # seconds: SSH asks a near host for a channel first, and then the question

Asked: TypeAlias = "Greenlet[..., Answer]"
Key = tuple[str, Any]  # a host's name, and the stage of the run

_kept: dict[Key, Found] = {}
_last: dict[str, Found] = {}
# What Execute will ask each host first, where it is asked already.
_begun: dict[str, Asked] = {}


def begin(target: Target) -> None:
    """Asks the current host now where the run follows at once, without a prompt (-y)."""
    if not run.is_prompted():
        _begun[host.name] = _asked(target)
        gevent.sleep(ON_ITS_WAY)


def _asked(target: Target) -> Asked:
    text = script(target.runtime, target.want)
    return connection.run(text)


def processes(server: Server, *, answers: bool = False) -> Found:
    """Files and processes only: what stop and destroy need, whatever the server answers.

    ``answers``: and what a running one reports of itself, and components of the host.
    """
    sql = ""
    probes: Sequence[Probe[Any]] = ()
    if answers:
        sql = query("server")
        probes = components.probes(server.cluster, server.runtime.inside)
    text = _script(server.runtime, Wanted(), sql, "", probes)
    lines = _lines(connection.run(text))
    return found.read(lines)


def snapshot(target: Target) -> Found:
    """What the current host has. Raises AnswerError."""
    key = _key()
    if key not in _kept:
        read = _read(target)
        _kept[key] = read
        _last[host.name] = read
    return _kept[key]


def _read(target: Target) -> Found:
    asked = None
    if state.is_executing:
        asked = _begun.pop(host.name, None)
    if asked is None:  # one that has ended is false, and has the answer
        asked = _asked(target)
    target.work_ahead()
    lines = _lines(asked)
    read = found.read(lines)
    sqlfiles.check_faults(read.settings.rejected)
    answer: Answer = asked.get()
    ahead = clocks.ahead(read.machine.clock, answer.asked, time.time())
    return replace(read, ahead=ahead)


def last_read() -> Found:
    """What was read of the current host, also before a command: for what no command changes."""
    return _last[host.name]


def drop() -> Found | None:
    """What is known of the current host, and from now on is not."""
    return _kept.pop(_key(), None)


def _key() -> Key:
    return host.name, state.current_stage


def ask(runtime: Runtime, what: str, text: str) -> list[str]:
    """What a script that changes nothing answers, in lines. Raises AnswerError: could not WHAT."""
    command = shlex.join(["sh", "-c", text])
    alone = shlex.join(["flock", "-o", "-w", "60", runtime.lock])
    folder = shlex.quote(str(PurePosixPath(runtime.lock).parent))
    # after a boot there is no lock yet, and nothing at work
    script = f'set -- {command}; [ ! -d {folder} ] || set -- {alone} "$@"; exec "$@"'
    answer: Answer = connection.run(script).get()
    if not answer.done:
        errors = answer.errors or ["no message"]
        raise AnswerError(f"could not {what}: {errors[-1]}")
    return answer.lines


def _lines(asked: Asked) -> list[str]:
    answer: Answer = asked.get()
    if not answer.done:
        raise AnswerError(f"cannot read the state of {host.name}: {answer.cause}")
    return answer.lines


def script(runtime: Runtime, want: Wanted) -> str:
    """The shell script that prints it all: tab-separated lines, and JSON rows from psql."""
    sql, more = questions(want, runtime.cluster.app_database)
    probes = components.probes(runtime.cluster, runtime.inside)
    if probes:
        parts = [sql, "\\connect postgres"]
        parts += map(of_probe, probes)
        sql = "\n".join(parts)
    if runtime.adopted:
        sql = f"{query('rules')}\n{sql}"
    return _script(runtime, want, sql, more, probes)


def _script(
    runtime: Runtime,
    want: Wanted,
    sql: str,
    more: str,
    probes: Sequence[Probe[Any]],
) -> str:
    """``sql``, ``more``: what the server is asked in two sessions; empty: nothing."""
    session = {"session": pgoptions(runtime.cluster.version)}
    asked = {"sql": sql, "more": more}
    documents = {"sessions": shell_script(["client", "sessions"], session, asked)}
    server = ""
    if sql:
        server = "yes"
    names = []
    for probe in probes:
        if probe.shell:
            names.append(probe.name)
            documents[f"probe_{probe.name}"] = probe.shell
    variables = {
        "port_hex": f"{runtime.cluster.port:04X}",
        "server": server,
        "written": WRITTEN,
        "data_directory": runtime.cluster.data_directory or "",
        "probes": " ".join(names),
        "environment": runtime.cluster.environment,
        "other_markers": runtime.other_markers,
        **runtime.facts(want),
    }
    facts = f"runtime/{runtime.kind}_facts"
    return script_for(runtime, "snapshot", facts, variables=variables, documents=documents)
