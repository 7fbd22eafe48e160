"""What happens to a server in a container, and what the next deploy finds."""

import pytest

from tests.docker.docked import Docked
from tests.server.checkout import until

LOAD = "Load the configuration"


@pytest.mark.parametrize("how", ["docker kill", "docker stop"])
def test_stopped_server_is_started(converged: Docked, how: str) -> None:
    converged.machine.sh(f"{how} {converged.container}")
    assert "start the server" in converged.shown()
    assert converged.deploy().changed == [LOAD]


@pytest.mark.all
def test_stop_with_open_sessions(converged: Docked) -> None:
    """They end at once, and the server shuts down in order."""
    machine, name = converged.machine, converged.container
    machine.sh(f"docker exec -d {name} psql -U postgres -c 'SELECT pg_sleep(600)'")
    asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    until(lambda: converged.ask(asleep) == "1")
    recoveries = converged.log.count("was interrupted")
    machine.sh(f"docker stop -t 30 {name}")
    assert converged.inspect()["State"]["ExitCode"] == 0
    assert converged.deploy().changed == [LOAD]
    assert converged.log.count("was interrupted") == recoveries


def test_killed_server_comes_back(converged: Docked) -> None:
    """The engine starts it again, and it recovers."""
    state = converged.inspect()["State"]
    converged.machine.sh(f"kill -9 {state['Pid']}")
    until(lambda: converged.inspect()["State"]["StartedAt"] != state["StartedAt"])
    assert converged.deploy().changed == []


def test_power_cut(converged: Docked) -> None:
    converged.machine.cut_power()
    converged.machine.start()
    assert converged.deploy().changed == []


@pytest.mark.all
def test_container_and_network_that_are_pruned(converged: Docked) -> None:
    """While the server is down; the data stay."""
    machine = converged.machine
    machine.sh(f"docker stop {converged.container}; docker system prune -f")
    assert machine.sh("docker ps -aq") == ""
    assert converged.deploy().changed == [LOAD]
    assert converged.ask("SELECT count(*) FROM app.users", "appdb") == "0"


@pytest.mark.all
def test_reboot(converged: Docked) -> None:
    """The server shuts down in order, and comes back by itself."""
    recoveries = converged.log.count("was interrupted")
    converged.machine.reboot()
    assert converged.deploy().changed == []
    assert converged.log.count("was interrupted") == recoveries


def test_log_is_bounded_between_starts(converged: Docked) -> None:
    """By systemd, when a file is begun."""
    log, machine = f"{converged.place}/log", converged.machine
    machine.sh(f"touch -d '30 days ago' {log}/postgresql-old.log; touch {log}/postgresql-new.log")
    until(lambda: "postgresql-old.log" not in machine.sh(f"ls {log}"))
    unit = f"howdah-logs-docker-{converged.environment}.path"
    machine.sh(f"rm {log}/postgresql-new.log; systemctl disable {unit}")
    assert "keeps the log within bounds" in converged.shown()
    assert converged.deploy().changed == ["Install PostgreSQL"]


@pytest.mark.all
def test_engine_that_is_restarted(converged: Docked) -> None:
    """As an upgrade of docker.io does: the server comes back, and there is nothing to do."""
    converged.machine.sh("systemctl restart docker")
    converged.machine.wait()
    assert converged.deploy().changed == []


@pytest.mark.all
def test_disk_full_of_the_data(converged: Docked) -> None:
    """The server stops for want of room; with room it comes back by itself."""
    place = f"{converged.place}/data"
    machine = converged.machine
    machine.sh(f"docker stop {converged.container}; mv {place} {place}.kept; mkdir {place}; "
               f"mount -t tmpfs -o size=200m,mode=0755 tmpfs {place}; "
               f"cp -a {place}.kept/. {place}; docker start {converged.container}")  # fmt: skip
    converged.deploy()  # WAL follows the disk
    machine.run(f"mountpoint -q {place} && dd if=/dev/zero of={place}/filler bs=4096")
    table = "CREATE TABLE public.t AS SELECT repeat('x', 2000) FROM generate_series(1, 20000)"
    with pytest.raises(AssertionError, match="No space left"):
        converged.ask(table)
    machine.sh(f"rm {place}/filler")
    until(lambda: machine.run(f"docker exec {converged.container} pg_isready").returncode == 0)
    assert converged.deploy().changed == []
    machine.sh(f"docker stop {converged.container}; umount {place}; rmdir {place}; "
               f"mv {place}.kept {place}; docker start {converged.container}")  # fmt: skip
