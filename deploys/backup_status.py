"""How the last backup and the last proof of one went, in words."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime

from components.backups import PROBE, are_on, stanza
from howdah.cluster import Cluster
from howdah.found import Found

NOT_YET = "not yet: make drill tries it"


def lines(cluster: Cluster, found: Found) -> Iterator[str]:
    """Of the server's status."""
    if not are_on(cluster):
        yield "    backup    off"
        return
    its = found.of(PROBE)
    name = stanza(cluster)
    last = its.last.get(name)
    backup = "none yet"
    if last:
        backup = f"{last.kind}, {_time(last.ended)} {last.fault}"
    yield f"    backup    {backup.rstrip()}"
    proof = its.proven.get(name)
    proven = NOT_YET
    if proof:
        proven = f"{_time(proof.ended)}, {proof.rows} rows, back in {proof.seconds} s"
    yield f"    proven    {proven}"


def proven(cluster: Cluster, found: Found) -> dict[str, int]:
    """Of the run's record: when it ended, the seconds that it took, and rows. Empty: none yet."""
    proof = found.of(PROBE).proven.get(stanza(cluster))
    if not proof:
        return {}
    return asdict(proof)


def _time(seconds: int) -> str:
    then = datetime.fromtimestamp(seconds, UTC)
    return f"{then:%Y-%m-%d %H:%M} UTC"
