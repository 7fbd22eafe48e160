"""Whatever an inventory holds: it is refused, or a real server reads back what was meant."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from howdah.cluster import Cluster
from howdah.errors import ClusterError
from howdah.hardware import UNKNOWN
from howdah.host_data import read
from howdah.layout import Layout
from howdah.render import files
from howdah.roles_sql.declared import declared
from howdah.settings import Value
from tests.server.checkout import Checkout

HOME = "/var/lib/how'dah"
LAYOUT = Layout(home=HOME, marker=f"{HOME}/it", binaries="/bin", data=f"{HOME}/data",
                releases=f"{HOME}/etc", log=f"{HOME}/log", canary=f"{HOME}/canary",
                socket="/run/how\\dah", owner="postgres", file_owner="root:postgres",
                file_mode="640")  # fmt: skip
PEER = ("local", ("all",), ("postgres",), None, "peer", ("map=howdah",))
MEANINGS = {"all", "replication", "sameuser", "samerole", "samegroup", "postgres"}
Some = st.SearchStrategy[Any]
Rule = tuple[str, tuple[str, ...], tuple[str, ...], str | None, str, tuple[str, ...]]

# -- What somebody might write -------------------------------------------------------------

NAMES = (
    "all", "replication", "sameuser", "samerole", "samegroup", "public", "none", "pg_monitor",
    "postgres", "template1", "+role", "@/etc/passwd", "@file", "a,postgres", "a, all", "/^a", "a b",
    '"all"', "a'b", "a\\", "a#b", "a\nhost all all all trust", "a\n", "\ta", "", "é", "ａ", "A",
    "a" * 64, "a\0", "$a", "1a", "a" * 63, "a$", "_", "user", "select", "local",
)  # fmt: skip
NETWORKS = (
    "0.0.0.0/0", "::/0", "10.0.0.1/8", "8.8.8.0/24", "samenet", "samehost", "all", ".example.com",
    "db.example.com", "10.0.0.0/33", "10.0.0.0/8 trust", "10.0.0.0/8\nlocal all all trust",
    "fe80::%x/64", "fe80::%x\nhost all all all trust #/64", "::ffff:0:0/96", "10.0.0.0/255.0.0.0",
    "10.0.0.0/0.255.255.255", "10.1/16", "010.0.0.0/8", "١0.0.0.0/8", "", "#", 10, None, True,
    ("10.0.0.0", 8), b"\x0a\x00\x00\x00", "10.0.0.0", "fd00::/8", "172.16.0.0/12", "127.0.0.0/8",
)  # fmt: skip
ADDRESSES = ("*", "localhost", "0.0.0.0", "::", "127.0.0.1", "::1", "10.0.0.5", "fe80::1%eth0",
             "fe80::1%x'\nssl = off", "127.0.0.1, ::1", "", "::ffff:10.0.0.5", 1)  # fmt: skip
KEYS = ("include", "include_dir", "ssl", "hba_file", "work_mem", "port", "howdah.release", "a.b.c",
        "x.y\nssl", "x.y = 1\nssl", "X.y", "ｘ.y", "é.x", "x.", "", "x.y'", "x#")  # fmt: skip
# Which the server takes with any value.
FREE = ("archive_command", "restore_command", "archive_cleanup_command", "recovery_end_command")
AWKWARD = ("'", "''", "\\", "\\'", "\\n", "\\047", "#", " # b", "é", "\U0001f418", "${x}",
           "{{ x }}", "' x = '", "\\x27", "%p", " ")  # fmt: skip
REFUSED: tuple[object, ...] = (
    "'\nssl = off\n#'",
    "x\r",
    "\0",
    "\u2028",
    "\u2029",
    "\x85",
    "\x0b",
    "\x1b",
    None,
    [],
    {},
)


def private(kind: type[IPv4Network] | type[IPv6Network], within: str) -> st.SearchStrategy[str]:
    """A network inside of another."""
    above = ip_network(within)

    def made(bits: int, least: int) -> str:
        size = above.max_prefixlen - least
        return str(kind((int(above.network_address) + ((bits >> size) << size), least)))

    inside = above.max_prefixlen - above.prefixlen
    return st.builds(made, st.integers(0, 2**inside - 1),
                     st.integers(above.prefixlen, above.max_prefixlen))  # fmt: skip


def inventories(
    names: Some, networks: Some, addresses: Some, keys: Some, values: Some
) -> st.SearchStrategy[dict[str, Any]]:
    keys_of_names = ("app_role", "backup_role", "temporal_role", "app_database",
                     "temporal_database", "temporal_visibility_database")  # fmt: skip
    return st.fixed_dictionaries({}, optional={
        **dict.fromkeys(keys_of_names, names),
        "allowed_networks": st.lists(networks, max_size=4),
        "listen_addresses": st.lists(addresses, min_size=1, max_size=3),
        "settings": st.dictionaries(keys, values, max_size=4),
    })  # fmt: skip


name = st.from_regex(r"[a-z_][a-z0-9_$]{0,62}", fullmatch=True)
network = st.one_of(private(IPv4Network, "10.0.0.0/8"), private(IPv4Network, "192.168.0.0/16"),
                    private(IPv6Network, "fc00::/7"))  # fmt: skip
address = st.ip_addresses() | st.ip_addresses().map(str)
key = st.from_regex(r"[a-z][a-z0-9_]{0,9}\.[a-z][a-z0-9_]{0,9}", fullmatch=True)
printable = st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029")
value = st.one_of(st.text(printable, max_size=70), st.text("'\\#= $\"n0x", max_size=12),
                  st.lists(st.sampled_from(AWKWARD)).map("".join), st.booleans(),
                  st.integers(), st.floats())  # fmt: skip
good = inventories(name, network, address, key | st.sampled_from(FREE), value)
hostile = inventories(
    name | st.sampled_from(NAMES) | st.text(max_size=70),
    network | st.sampled_from(NETWORKS) | st.text(max_size=30),
    address | st.sampled_from(ADDRESSES) | st.text(max_size=30),
    key | st.sampled_from(KEYS) | st.text(max_size=20).map("x.".__add__),
    value | st.sampled_from(REFUSED) | st.text(max_size=70),
)

# -- What a server makes of it -------------------------------------------------------------


class Reader:
    """A server that parses a candidate's files and loads none of them."""

    def __init__(self, folder: Path, session: psycopg.Connection) -> None:
        self.folder, self.session = folder, session
        rows = session.execute("SELECT name, context = 'postmaster' FROM pg_settings")
        self.late: dict[str, bool] = dict(rows)
        plain = accepted({})
        assert plain
        self.stated = self.values(plain[1]["postgresql.conf"])

    def rules(self, text: bytes) -> list[Rule]:
        (self.folder / "pg_hba.conf").write_bytes(text)
        rows = self._rows("SELECT to_jsonb(r) FROM pg_hba_file_rules AS r")
        assert [row["error"] for row in rows if row["error"]] == []
        return [_rule(row) for row in rows]

    def values(self, text: bytes) -> dict[str, str]:
        """name: value; each name once, none with an error but for what a start would need."""
        (self.folder / "postgresql.conf").write_bytes(text)
        rows = self._rows("SELECT to_jsonb(f) FROM pg_file_settings AS f")
        faults = [row for row in rows if row["error"] and not self.late.get(row["name"] or "ssl")]
        assert faults == []
        names = [row["name"] for row in rows]
        assert len(names) == len(set(names))
        return {row["name"]: row["setting"] for row in rows}

    def _rows(self, query: str) -> list[dict[str, Any]]:
        return [row for (row,) in self.session.execute(query.encode()).fetchall()]


def _rule(row: Mapping[str, Any]) -> Rule:
    network = row["address"]
    if row["netmask"]:
        bits = int(ip_address(row["netmask"])).bit_count()
        network = str(ip_network(f"{network}/{bits}"))
    return (row["type"], tuple(row["database"]), tuple(row["user_name"]), network,
            row["auth_method"], tuple(row["options"] or ()))  # fmt: skip


@pytest.fixture(scope="module")
def reader(deployed: Checkout) -> Iterator[Reader]:
    folder = Path(tempfile.mkdtemp(prefix="howdah-test-", dir="/var/tmp"))
    data, user = folder / "data", (deployed.home / "data").owner()
    become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"]

    def run(*words: str) -> None:
        command = [*(become if os.geteuid() == 0 else []), str(deployed.bin / words[0]),
                   "-D", str(data), *words[1:]]  # fmt: skip
        subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL)

    shutil.chown(folder, user)
    run("initdb", "-U", "postgres", "-A", "trust", "-N", "--locale=C.UTF-8", "--no-instructions")
    (data / "postgresql.conf").write_text("")  # or what is not in the candidate's is missing there
    (data / "release.conf").touch()
    for name in ("server.crt", "server.key"):
        shutil.copy(deployed.home / "etc" / "current" / name, data)
        shutil.chown(data / name, user)
        (data / name).chmod(0o600)
    # Without TLS it says of each record that it cannot match.
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c ssl=on -c fsync=off"
    run("pg_ctl", "-w", "-s", "-l", str(folder / "log"), "-o", options, "start")
    try:
        with psycopg.connect(host=str(folder), user="postgres", autocommit=True) as session:
            yield Reader(data, session)
    finally:
        run("pg_ctl", "-m", "immediate", "-s", "stop")
        shutil.rmtree(folder)


# -- The property --------------------------------------------------------------------------


def accepted(data: Mapping[str, Any]) -> tuple[Cluster, Mapping[str, bytes]] | None:
    """The files of an inventory; None where it is refused."""
    try:
        cluster = read({"environment": "test", "memory": "1GB", **data})
        logins = declared(cluster).logins()
        made = files(cluster, LAYOUT, UNKNOWN, logins, None)
    except ClusterError:
        return None
    return cluster, {name: file.content or b"" for name, file in made.items()}


def model(cluster: Cluster) -> list[Rule]:
    """Said by hand, for roles-sql/ and the template are what is tested."""
    c = cluster
    logins = [
        (c.app_database, c.app_role),
        *((d, c.backup_role) for d in (c.app_database, c.temporal_database,
                                       c.temporal_visibility_database)),
        *((d, c.temporal_role) for d in (c.temporal_database, c.temporal_visibility_database)),
    ]  # fmt: skip
    return [("hostssl", (database,), (role,), str(network), "scram-sha-256", ())
            for database, role in logins for network in c.networks]  # fmt: skip


def shown(value: Value) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def holds(reader: Reader, data: Mapping[str, Any]) -> bool:
    """The property; returns whether the inventory is accepted."""
    made = accepted(data)
    if not made:
        return False
    cluster, contents = made
    first, *others = reader.rules(contents["pg_hba.conf"])
    assert first == PEER
    assert sorted(others) == sorted(model(cluster))
    # A server shows "all" and all alike; only the second is everybody.
    words = {word for _, databases, roles, *_ in others for word in databases + roles}
    assert words & MEANINGS == set()
    assert reader.values(contents["postgresql.conf"]) == {
        **reader.stated,
        "listen_addresses": ", ".join(map(str, cluster.listen_addresses)),
        **{name: shown(value) for name, value in cluster.settings.items()},
    }
    return True


def test_hostile_inventory_is_refused_or_read_back(reader: Reader) -> None:
    """F8. HOWDAH_EXAMPLES=5000 tries other ones, and more."""
    counts = {True: 0, False: 0}

    @given(good | hostile)
    @profile(max_examples=int(os.environ.get("HOWDAH_EXAMPLES", "200")), deadline=None,
             derandomize="HOWDAH_EXAMPLES" not in os.environ, database=None,
             suppress_health_check=list(HealthCheck))  # fmt: skip
    def check(data: dict[str, Any]) -> None:
        counts[holds(reader, data)] += 1

    check()
    assert min(counts.values()) > sum(counts.values()) / 4, counts


def test_each_hostile_word_by_itself(reader: Reader) -> None:
    """F8: so that none of them is left to chance."""
    alone: list[dict[str, Any]] = [
        *({key: name} for name in NAMES for key in ("app_role", "temporal_database")),
        *({"allowed_networks": [network]} for network in NETWORKS),
        *({"listen_addresses": [address]} for address in ADDRESSES),
        *({"settings": {key: "x"}} for key in KEYS),
        *({"settings": {"x.y": value}} for value in (*AWKWARD, *REFUSED)),
    ]  # fmt: skip
    passed = [data for data in alone if holds(reader, data)]
    assert len(passed) < len(alone) / 2
    assert {"app_role": "a$"} in passed
    assert {"settings": {"x.y": "\\'"}} in passed


@pytest.mark.parametrize(
    "data",
    [{"settings": {"x.y": "\ud800"}}, {"port": 10**5000}, {"allowed_networks": [10**5000]}],
    ids=["a lone surrogate", "a number too long to show", "a network too long to show"],
)
def test_what_python_cannot_write_is_refused(data: dict[str, Any]) -> None:
    """F8, F26: by ClusterError; anything else ends the run of every host with a traceback."""
    assert accepted(data) is None


def test_reader_is_not_blind(reader: Reader) -> None:
    """What is pasted in shows, so that the property can fail."""
    made = accepted({})
    assert made
    pasted = reader.rules(made[1]["pg_hba.conf"] + b"host all all all trust\n")
    assert sorted(pasted[1:-1]) == sorted(model(made[0]))
    assert pasted[-1][:3] == ("host", ("all",), ("all",))
    values = reader.values(made[1]["postgresql.conf"] + b"x.y = 'a'\n")
    assert values["x.y"] == "a"
