"""The specification's column Development: port, password, TLS, network, volume, health check."""

import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest
from typing_extensions import override

from tests.docker.docked import Docked, docked_on
from tests.fleet.machine import Machine
from tests.server.checkout import ROOT, until

OWN = {"_sudo"}  # of a host that is this machine


class Developed(Docked):
    """The options of inventories/dev.py, for a host over SSH."""

    @property
    def options(self) -> dict[str, object]:
        ((_, options),) = runpy.run_path(str(ROOT / "inventories" / "dev.py"))["hosts"]
        return {name: value for name, value in options.items() if name not in OWN}

    @override
    def inventory(self, **options: object) -> None:
        super().inventory(**{**self.options, **options})
        self.port = 5433


@pytest.fixture(scope="module")
def developed(docker_machine: Machine, key: Path) -> Iterator[Docked]:
    with docked_on(docker_machine, key, Developed) as one:
        one.deploy()
        yield one


def test_second_run_changes_nothing(developed: Docked) -> None:
    assert developed.deploy().changed == []
    assert developed.dry().changed == []


def test_server_is_verified(developed: Docked) -> None:
    """What is of TLS is passed over, and nothing else."""
    done = developed.verify("-rs")
    assert done.returncode == 0, done.stdout
    assert "tls = False" in done.stdout


def test_database_and_port(developed: Docked) -> None:
    found = developed.inspect()
    assert found["Config"]["Image"] == "postgres:16-alpine"
    assert found["HostConfig"]["PortBindings"] == {
        "5432/tcp": [{"HostIp": "127.0.0.1", "HostPort": "5433"}]
    }


def test_password_without_tls(developed: Docked) -> None:
    """As an application on that machine logs in: devpass, and no certificate anywhere."""
    assert developed.ask("SHOW ssl") == "off"
    url = "postgresql://appuser:devpass@127.0.0.1/appdb?sslmode=disable"
    asked = f"docker exec {developed.container} psql -XAtc 'SELECT current_user' '{url}'"
    assert developed.machine.sh(asked) == "appuser"
    wrong = developed.machine.run(asked.replace("devpass", "other"))
    assert "password authentication failed" in wrong.stderr


def test_network_and_volume(developed: Docked) -> None:
    """By their names; the volume's data are in the environment's folder, also without it."""
    machine = developed.machine
    assert list(developed.inspect()["NetworkSettings"]["Networks"]) == ["dev-network"]
    assert machine.sh("docker volume ls -q") == "postgres_data_dev"
    machine.sh(f"cd {developed.place} && docker compose down -v")
    assert machine.sh("docker volume ls -q") == ""
    assert developed.deploy().changed == ["Load the configuration"]
    assert developed.ask("SELECT count(*) FROM app.users", "appdb") == "0"


def test_health_check(developed: Docked) -> None:
    check = " ".join(developed.inspect()["Config"]["Healthcheck"]["Test"])
    assert "pg_isready" in check
    assert "ssl" not in check
    until(lambda: developed.inspect()["State"]["Health"]["Status"] == "healthy")
    assert (
        f"container {developed.container}: running (healthy)"
        in developed.pyinfra("-y", "deploys.local.status").output
    )


def test_only_development_may(developed: Docked) -> None:
    developed.inventory(stage="staging")
    said = developed.refused()
    assert "tls = False: needs stage = 'development'" in said
    assert "password: stands in the inventory" in said
    developed.inventory()


def test_destroyed(developed: Docked) -> None:
    """Volume, network and data go; the secrets stay."""
    done = developed.pyinfra("-y", "deploys.local.destroy")
    assert done.code == 0, done.output
    machine = developed.machine
    assert machine.sh("docker volume ls -q; docker ps -aq; ls /srv/howdah") == ""
    assert "dev-network" not in machine.sh("docker network ls")
