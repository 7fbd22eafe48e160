"""A release is tried before it is put in force: on a server of its own, for half a second."""

import json

from deploys import shell
from deploys.snapshot import ask
from deploys.target import Target
from howdah import matrix, sqlfiles
from howdah.found import AnswerError
from howdah.queries import query, settings


def refuse(target: Target, release: str) -> None:
    """Raises HowdahError where it would not start, or its pg_hba.conf is not as wanted."""
    runtime, layout = target.runtime, target.runtime.layout
    assigned = shell.assigned(
        etc=layout.releases, current=layout.current, release=release, canary=layout.canary,
        binaries=layout.binaries, socket=layout.socket,
        file_owner=layout.file_owner,
    )  # fmt: skip
    script = shell.filled("canary", assigned=assigned, owner=runtime.as_owner, owned=runtime.owned,
                          sql=query("candidate") + settings(target.want))  # fmt: skip
    rows = [json.loads(line) for line in ask(runtime, f"use release {release}", script)]
    for fault in (text for kind, text in rows if kind == "fault"):
        raise AnswerError(f"could not use release {release}: {fault}")
    sqlfiles.check_faults([fault for kind, fault in rows if kind == "refusal"])
    rules = [rule for kind, rule in rows if kind == "rule"]
    matrix.check_map([user for kind, user in rows if kind == "map"], layout.owner)
    matrix.check(rules, target.logins, target.cluster.networks)
