"""Hosts that lack what Docker needs."""

import re
from pathlib import Path

import pytest

from tests.docker.conftest import NewDockerMachine
from tests.docker.docked import docked_on
from tests.fleet.conftest import NewMachine, new_machine

__all__ = ["new_machine"]  # the fleet's, found here by its name
pytestmark = pytest.mark.all


@pytest.mark.parametrize("suite", ["trixie", "bookworm"])
def test_what_is_missing_is_named(suite: str, new_machine: NewMachine, key: Path) -> None:
    """With the line of apt, which brings it on Debian 13."""
    machine = new_machine(suite, bare=True)
    with docked_on(machine, key) as docked:
        said = docked.refused_in_one_line()
        assert "runtime = 'docker': no Docker Engine answers" in said
        line = re.search(r"apt-get install [a-z .-]+", said)
        assert line
        assert line[0] in (docked.folder / "docs" / "docker.md").read_text()
        packages = line[0].removeprefix("apt-get install ")
        if suite == "bookworm":
            packages = "docker.io"
        install = f"DEBIAN_FRONTEND=noninteractive apt-get install -y -q {packages}"
        machine.sh(f"apt-get update -q && {install}")
        machine.sh("docker version || systemctl restart docker")
        if suite == "bookworm":
            assert "which Debian has since 13" in docked.refused_in_one_line()
        else:
            assert "docker pull postgres:16-alpine" in docked.shown()


def test_engine_whose_users_are_others(new_docker_machine: NewDockerMachine, key: Path) -> None:
    """Rejected before anything is made there."""
    machine = new_docker_machine()
    machine.sh("""echo '{"userns-remap": "default"}' > /etc/docker/daemon.json
        systemctl reset-failed docker; systemctl restart docker""")
    with docked_on(machine, key) as docked:
        assert "the engine runs with userns, where no test has been" in docked.refused_in_one_line()
        assert machine.run("ls /srv/howdah").returncode != 0
