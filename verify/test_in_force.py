"""What the running server has loaded, and whom its pg_hba.conf allows."""

import pytest

from components.server import CIPHERS
from deploys.target import Target
from howdah import in_force, render
from howdah.cluster import Cluster
from howdah.found import Found
from howdah.names import literal
from howdah.pg_hba import hba
from howdah.revisions import head
from howdah.unsafe import unsafe
from verify.current_host import CurrentHost, or_fail

SETTINGS = {
    "ssl": "on",
    "ssl_min_protocol_version": "TLSv1.2",
    "ssl_max_protocol_version": "TLSv1.3",
    "ssl_ciphers": ":".join(CIPHERS),
    "ssl_prefer_server_ciphers": "on",
    "password_encryption": "scram-sha-256",
    "data_checksums": "on",
    "unix_socket_permissions": "0700",
}
# As the server has parsed the file.
OTHER_DOORS = """
SELECT format('line %s: %s %s %s %s %s', line_number, type, array_to_string(database, ','),
    array_to_string(user_name, ','), address, auth_method)
FROM pg_hba_file_rules
WHERE (type = '{kind}' AND auth_method = 'scram-sha-256'
    OR type = 'local' AND user_name[1] IN ({peers}) AND cardinality(user_name) = 1
        AND auth_method = 'peer') IS NOT TRUE
ORDER BY line_number
"""
OTHER_VERIFIERS = """
SELECT rolname FROM pg_authid WHERE rolpassword NOT LIKE 'SCRAM-SHA-256$%' ORDER BY 1
"""


def test_server_listens_where_it_should(target: Target, found: Found) -> None:
    cluster = target.cluster
    inside = target.runtime.configured(cluster)
    listen = ", ".join(map(str, inside.listen_addresses))
    assert (found.process.port, found.server.listen) == (cluster.port, listen)


def test_release_is_loaded_and_proven(found: Found) -> None:
    current = found.releases.current
    assert (found.server.release, found.releases.good) == (current, current)


def test_nothing_waits_for_a_restart(target: Target, found: Found) -> None:
    """Neither a setting that was loaded, nor one that is in the files only."""
    waits = sorted(found.settings.pending)
    waits += target.runtime.late(found)
    assert waits == [], "make stop start, or any restart by hand, puts them in force"


def test_server_accepts_its_files(found: Found) -> None:
    assert found.settings.faults == ()


def test_nobody_overrides_the_files(current: CurrentHost, found: Found) -> None:
    """By ALTER SYSTEM."""
    overridden = {}
    for name, value in sorted(found.settings.system.items()):
        if name in current.stated:
            overridden[name] = value
    assert overridden == {}


def test_what_is_in_force_is_what_the_files_say(current: CurrentHost) -> None:
    """Setting by setting, as the server has it: whoever has started it, and however."""
    if lines := list(in_force.faults(current.in_force, current.stated)):
        pytest.fail("\n".join(lines), pytrace=False)


@pytest.mark.parametrize("name", SETTINGS)
def test_setting(current: CurrentHost, cluster: Cluster, name: str) -> None:
    values = [row.value for row in current.in_force if row.name == name]
    wanted = SETTINGS[name]
    if name == "ssl" and not cluster.tls:
        wanted = "off"
    assert values == [wanted]


def test_nothing_unsafe_is_in_force(cluster: Cluster, found: Found, current: CurrentHost) -> None:
    """By settings, ALTER SYSTEM, a role or a database. unsafe_settings allows it, and no more."""
    if cluster.stage != "production":
        pytest.skip("only production is asked")
    faults = []
    for row in current.in_force:
        if why := unsafe(row.name, row.value):
            faults.append(f"{row.name} = {row.value!r}: {why}")
    for key, value in found.catalog().settings.items():
        if why := unsafe(key.name, value):
            where = f"{key.role or 'ALL'} in {key.database or 'ALL'}"
            faults.append(f"{where}: {key.name}: {why}")
    assert sorted(faults) == []


def test_no_door_without_tls_and_scram(
    current: CurrentHost, cluster: Cluster, target: Target
) -> None:
    """But for who is on the host, as the server's OS user: the superuser, and who dumps."""
    kind = hba.HOSTSSL
    if not cluster.tls:
        kind = hba.HOST
    peers = ", ".join(map(literal, render.peers(cluster, target.runtime.inside)))
    assert current.ask(OTHER_DOORS.format(kind=kind, peers=peers)) == []


def test_every_verifier_is_scram(current: CurrentHost) -> None:
    assert current.ask(OTHER_VERIFIERS) == []


def test_schema_is_at_its_head(current: CurrentHost, cluster: Cluster, found: Found) -> None:
    with or_fail(current.name):
        wanted = head(cluster.bootstrap)
    assert found.revisions == (wanted,)
