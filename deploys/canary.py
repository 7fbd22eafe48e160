"""A release is tried before it is put in force: on a server of its own, for half a second."""

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from deploys.runtime import Runtime, script_for
from deploys.snapshot import ask
from deploys.target import Target
from howdah import render
from howdah.found.lines import AnswerError
from howdah.pg_hba import matrix
from howdah.queries import query, settings
from howdah.roles_sql import sqlfiles
from howdah.roles_sql.wanted import Wanted

Rows = defaultdict[str, list[Any]]


def check(target: Target, release: str) -> None:
    """Raises HowdahError where it would not start, or its pg_hba.conf is not as wanted."""
    runtime = target.runtime
    text = script(runtime, release, target.want)
    answer = ask(runtime, f"use release {release}", text)
    rows = _by_kind(answer)
    if rows["fault"]:
        first = rows["fault"][0]
        raise AnswerError(f"could not use release {release}: {first}")
    sqlfiles.check_faults(rows["refusal"])
    cluster = target.cluster
    peers = render.peers(cluster, runtime.inside)
    matrix.check_map(rows["map"], runtime.inside.owner, peers)
    matrix.check(rows["rule"], target.logins, cluster.networks, tls=cluster.tls, peers=peers)


def _by_kind(lines: Iterable[str]) -> Rows:
    """Each line is a kind and a value, in JSON: the values of each kind."""
    rows = Rows(list)
    for line in lines:
        kind, value = json.loads(line)
        rows[kind].append(value)
    return rows


def script(
    runtime: Runtime,
    release: str,
    want: Wanted,
) -> str:
    """The shell script that tries it."""
    variables = {"release": release}
    documents = {"sql": query("candidate") + settings(want)}
    return script_for(runtime, "canary", "client", variables=variables, documents=documents)
