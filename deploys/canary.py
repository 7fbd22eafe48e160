"""A release is tried before it is put in force: on a server of its own, for half a second."""

import json

from deploys.runtime import Runtime, script_for
from deploys.snapshot import ask
from deploys.target import Target
from howdah import matrix, sqlfiles
from howdah.found import AnswerError
from howdah.queries import query, settings
from howdah.wanted import Wanted


def refuse(target: Target, release: str) -> None:
    """Raises HowdahError where it would not start, or its pg_hba.conf is not as wanted."""
    runtime = target.runtime
    text = script(runtime, release, target.want)
    rows = [json.loads(line) for line in ask(runtime, f"use release {release}", text)]
    for kind, fault in rows:
        if kind == "fault":
            raise AnswerError(f"could not use release {release}: {fault}")
    sqlfiles.check_faults([fault for kind, fault in rows if kind == "refusal"])
    rules = [rule for kind, rule in rows if kind == "rule"]
    matrix.check_map([user for kind, user in rows if kind == "map"], runtime.inside.owner)
    matrix.check(rules, target.logins, target.cluster.networks)


def script(runtime: Runtime, release: str, want: Wanted) -> str:
    """The shell script that tries it."""
    documents = {"sql": query("candidate") + settings(want)}
    return script_for(runtime, "canary", variables={"release": release}, documents=documents)
