"""The one fact: all that convergence needs to know of a host, in one remote command.

It is kept per host and stage. Whatever changes the host drops it, and the next question reads
it anew. What Prepare read is never used in Execute: the prompt between them may last minutes.
Where nobody is prompted, Execute's question leaves while pyinfra prepares.
"""

import shlex
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gevent
from gevent import Greenlet
from pyinfra import host, state

import components
from deploys import connection
from deploys.fence import run
from deploys.runtime import WRITTEN, Runtime, script_for
from deploys.sql import pgoptions
from deploys.target import Server, Target
from howdah import clocks, found, sqlfiles
from howdah.answer import Answer
from howdah.component import Probe
from howdah.found import Found
from howdah.found.lines import AnswerError
from howdah.queries import of_probe, query, questions
from howdah.wanted import Wanted

ON_ITS_WAY = 0.006  # seconds: SSH asks a near host for a channel first, and then the question
# What is known of each host, per stage.
_kept: dict[tuple[str, Any], Found] = {}
_last: dict[str, Found] = {}
# What Execute will ask each host first, where it is asked already.
_begun: dict[str, "Greenlet[..., Answer]"] = {}


def begin(target: Target) -> None:
    """Asks the host at hand now where the run follows at once, without a prompt (-y)."""
    if not run.is_prompted():
        _begun[host.name] = connection.run(script(target.runtime, target.want))
        gevent.sleep(ON_ITS_WAY)


def processes(server: Server, *, answers: bool = False) -> Found:
    """Files and processes only: what stop and destroy need, whatever the server answers.

    ``answers``: and what a running one says of itself.
    """
    sql = query("server") if answers else ""
    return found.read(_lines(connection.run(_script(server.runtime, Wanted(), sql, "", []))))


def snapshot(target: Target) -> Found:
    """What the host at hand has. Raises AnswerError."""
    key = (host.name, state.current_stage)
    if key not in _kept:
        begun = _begun.pop(host.name, None) if state.is_executing else None
        # a greenlet that has ended is false, and has the answer
        asked = begun if begun is not None else connection.run(script(target.runtime, target.want))
        target.work_ahead()
        read = found.read(_lines(asked))
        sqlfiles.check_faults(read.settings.rejected)
        ahead = clocks.ahead(read.machine.clock, asked.get().asked, time.time())
        read = replace(read, ahead=ahead)
        _kept[key] = _last[host.name] = read
    return _kept[key]


def last_read() -> Found:
    """What was read of the host at hand, also before a command: for what no command changes."""
    return _last[host.name]


def drop() -> Found | None:
    """What is known of the host at hand, and from now on is not."""
    return _kept.pop((host.name, state.current_stage), None)


def ask(runtime: Runtime, what: str, text: str) -> list[str]:
    """What a script that changes nothing answers, in lines. Raises AnswerError: could not WHAT."""
    locked = f"exec flock -o -w 60 {shlex.quote(runtime.lock)} sh -c {shlex.quote(text)}"
    answer: Answer = connection.run(locked).get()
    if not answer.done:
        raise AnswerError(f"could not {what}: {(answer.errors or ['no message'])[-1]}")
    return answer.lines


def _lines(asked: "Greenlet[..., Answer]") -> list[str]:
    answer: Answer = asked.get()
    if not answer.done:
        raise AnswerError(f"cannot read the state of {host.name}: {answer.cause}")
    return answer.lines


def script(runtime: Runtime, want: Wanted) -> str:
    """The shell script that prints it all: tab-separated lines, and JSON rows from psql."""
    sql, more = questions(want, runtime.cluster.app_database)
    probes = components.probes(runtime.cluster, runtime.inside)
    if probes:
        sql = "\n".join([sql, "\\connect postgres", *map(of_probe, probes)])
    if runtime.adopted:
        sql = f"{query('rules')}\n{sql}"
    return _script(runtime, want, sql, more, probes)


def _script(
    runtime: Runtime, want: Wanted, sql: str, more: str, probes: Sequence[Probe[Any]]
) -> str:
    """``sql``, ``more``: what the server is asked in two sessions; empty: nothing."""
    documents = {"sql": sql, "more": more}
    names = []
    for probe in probes:
        if probe.shell:
            names.append(probe.name)
            documents[f"probe_{probe.name}"] = probe.shell
    variables = {
        "port_hex": f"{runtime.cluster.port:04X}",
        "server": "yes" if sql else "",
        "session": pgoptions(runtime.cluster.version),
        "written": WRITTEN,
        "data_directory": runtime.cluster.data_directory or "",
        "probes": " ".join(names),
        **runtime.facts(want),
    }
    facts = f"runtime/{runtime.kind}_facts"
    return script_for(runtime, "snapshot", facts, variables=variables, documents=documents)
