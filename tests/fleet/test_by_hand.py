"""What an admin does to the server between two runs, by Debian's own commands."""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.fleet.single import Single
from tests.matrix import sampled
from tests.server import refusals
from tests.server.test_changes import costs

LOAD = ["Load the configuration"]
RESTART, RELOAD = "pg_ctlcluster {cluster} restart", "pg_ctlcluster {cluster} reload"
AS_POSTGRES = "cd / && runuser -u postgres -- "


@pytest.fixture
def by_hand(converged: Single) -> Iterator[Single]:
    """Under its unit, and enabled, after whatever was done to it."""
    yield converged
    assert converged.machine.sh(f"systemctl is-active {converged.unit}") == "active"
    assert converged.deploy().changed == []
    refusals.holds(converged)


def do(single: Single, words: str) -> None:
    single.machine.sh(words.format(unit=single.unit, cluster=f"{single.version} main"))


def until(holds: Callable[[], bool]) -> None:
    latest = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < latest


STOPS = [
    "systemctl stop {unit}",
    "systemctl stop postgresql",
    "pg_ctlcluster {cluster} stop",
    AS_POSTGRES + "pg_ctlcluster {cluster} stop -m immediate",
]


@pytest.mark.parametrize("words", sampled(STOPS, STOPS[-1:]))
def test_stopped_server_is_started(by_hand: Single, words: str) -> None:
    do(by_hand, words)
    until(lambda: by_hand.machine.run(f"ls {by_hand.data}/postmaster.pid").returncode != 0)
    assert "start the server" in by_hand.shown()
    assert by_hand.deploy().changed == LOAD


def shown(single: Single, what: str) -> str:
    return single.machine.sh(f"systemctl show -P {what} {single.unit}")


@pytest.mark.all
def test_alter_system_that_stops_the_start(by_hand: Single) -> None:
    """Case 12: what is managed is taken out, another line is named, and no release is blamed."""
    auto = f"{by_hand.data}/postgresql.auto.conf"
    library = "shared_preload_libraries = 'timescaledb'"
    by_hand.machine.sh(f'echo "{library}" >> {auto}')
    assert by_hand.machine.run(f"systemctl restart {by_hand.unit}").returncode != 0
    started = by_hand.pyinfra("-y", "deploys.local.start")
    assert 'could not start the server: could not access file "timescaledb"' in started.output
    assert f"the cause is in {auto}, take it out there: {library}" in started.output
    by_hand.machine.sh(f"echo \"ssl_ca_file = '/nowhere'\" >> {auto}")
    said = by_hand.refused_in_one_line()
    assert f"{auto}: take out {library}, wanted 'auth_delay," in said
    assert f"the cause is in {auto}, take it out there: ssl_ca_file = '/nowhere'" in said
    by_hand.machine.sh(f"sed -i /nowhere/d {auto}")
    assert by_hand.deploy().changed in (LOAD, [])  # systemd tries again by itself, too
    assert by_hand.machine.sh(f"stat -c '%U %a' {auto}") == "postgres 600"
    assert by_hand.deploy().changed == []


def test_killed_server_comes_back(by_hand: Single) -> None:
    """Its unit has Restart=on-failure."""
    pid = by_hand.pid
    do(by_hand, f"kill -KILL {pid}")
    until(lambda: shown(by_hand, "MainPID") not in ("0", str(pid)))
    until(lambda: shown(by_hand, "ActiveState") == "active")
    assert by_hand.pid != pid
    assert by_hand.deploy().changed == []


# More than its unit may have, in one session.
HOG = "SELECT length(string_agg(repeat('x', 1000000), '')) FROM generate_series(1, 900)"


@pytest.mark.all
def test_session_that_the_kernel_kills_is_recovered_from(by_hand: Single) -> None:
    """Its unit has OOMPolicy=continue: the server begins anew, and is not stopped."""
    pid, restarts = by_hand.pid, shown(by_hand, "NRestarts")
    do(by_hand, "systemctl set-property --runtime {unit} MemoryMax=250M MemorySwapMax=0")
    with pytest.raises(AssertionError, match="server closed the connection"):
        by_hand.ask(HOG)
    do(by_hand, "systemctl set-property --runtime {unit} MemoryMax=infinity MemorySwapMax=infinity")
    until(lambda: "was terminated by signal 9: Killed" in by_hand.log)
    assert shown(by_hand, "OOMPolicy") == "continue"
    assert (by_hand.pid, shown(by_hand, "NRestarts")) == (pid, restarts)
    until(lambda: by_hand.machine.run("pg_isready").returncode == 0)


@pytest.mark.parametrize("words", sampled(["systemctl restart {unit}", RESTART], [RESTART]))
def test_restarted_server_is_as_it_was(by_hand: Single, words: str) -> None:
    with costs(by_hand, restarts=1):
        do(by_hand, words)
        assert by_hand.deploy().changed == []


@pytest.mark.parametrize("words", sampled(["systemctl reload {unit}", RELOAD], [RELOAD]))
def test_reload_is_harmless(by_hand: Single, words: str) -> None:
    with costs(by_hand, reloads=1):
        do(by_hand, words)
        since = "SELECT pg_conf_load_time() > now() - interval '3 s'"
        until(lambda: by_hand.ask(since) == "t")
        assert by_hand.deploy().changed == []


def test_server_started_past_its_unit(by_hand: Single) -> None:
    """It is served by as it is; for a restart it comes back under its unit."""
    do(by_hand, "systemctl stop {unit}")
    do(by_hand, AS_POSTGRES + "pg_ctlcluster {cluster} start")
    assert by_hand.deploy().changed == []
    by_hand.inventory(max_connections=120, restart=True)
    by_hand.deploy()
    assert by_hand.ask("SHOW max_connections") == "120"


def test_minor_upgrade_waits_for_a_restart(by_hand: Single) -> None:
    """As apt leaves it where needrestart is not allowed to: another file by the same name."""
    binary = f"/usr/lib/postgresql/{by_hand.version}/bin/postgres"
    do(by_hand, f"cp -a {binary} {binary}.new && mv {binary}.new {binary}")
    with costs(by_hand):
        run = by_hand.deploy()
        assert (run.changed, by_hand.waits) == ([], ["the other binaries"])
    assert "waits for a restart (--data restart=yes): the other binaries" in by_hand.shown()
    with costs(by_hand, restarts=1):
        assert by_hand.deploy("--data", "restart=yes").changed == LOAD
    assert by_hand.waits == []
