"""Dumps of a server in a container, kept on its host."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker.conftest import NewDockerMachine
from tests.docker.docked import Docked, docked_on
from tests.server.test_dumps import COUNT, PEOPLE
from tests.server.test_local import make


@pytest.fixture
def dumping(new_docker_machine: NewDockerMachine, key: Path) -> Iterator[Docked]:
    """The stand-ins' clients are 17's, and pg_restore wants a server of its own version."""
    with docked_on(new_docker_machine(17), key) as one:
        one.inventory(image="postgres:17-alpine", version=17, dumps="on")
        yield one


def test_dump_and_restore(dumping: Docked) -> None:
    """By the timer's unit and by make; the container is the same, and so are the rights."""
    machine, folder = dumping.machine, f"{dumping.place}/dumps"
    assert "Set up dumps" in dumping.deploy().changed
    assert dumping.deploy().changed == []
    done = dumping.verify("-k", "dump or door or rules")
    assert done.returncode == 0, done.stdout
    unit = f"howdah-dump-{dumping.environment}-main"
    assert unit in machine.sh("systemctl list-timers --no-legend 'howdah-*'")

    before = dumping.inspect()["Id"]
    dumping.ask(PEOPLE.format(100), "appdb")
    machine.sh("sleep 1")
    machine.sh(f"systemctl start {unit}")
    assert machine.sh(f"ls {folder} | grep -c Z") == "2"
    assert "rows\tappdb\t100\tapp.users" in machine.sh(f"cat {folder}/*/manifest")
    assert machine.sh(f"stat -c '%a %U' {folder}") == "700 root"
    dumping.ask("DELETE FROM app.users", "appdb")
    said = make(dumping, "restore", "DATABASE=appdb", "FROM=newest", "YES=1")
    assert dumping.ask(COUNT, "appdb") == "100", said
    assert dumping.deploy().changed == []
    assert dumping.inspect()["Id"] == before
    assert "3 databases, " in make(dumping, "dump")
    assert len(make(dumping, "dumps").split(" rows, ")) == 4
    kept = dumping.ask("SELECT datname FROM pg_database WHERE datname LIKE 'appdb_before%'")
    dumping.ask(f"DROP DATABASE {kept}")
    dumping.inventory(image="postgres:17-alpine", version=17, dumps="on", stage="development")
    assert dumping.pyinfra("-y", "deploys.local.destroy").code == 0
    assert machine.sh(f"ls {dumping.place} /etc/systemd/system/{unit}* 2> /dev/null || :") == ""
