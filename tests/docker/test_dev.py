"""`make dev` on a developer's own Debian 13, from a clone."""

import pytest

from tests.docker.conftest import NewDockerMachine
from tests.fleet.machine import Machine
from tests.fleet.test_readme import apt_line, as_user, clone, trust_the_index

pytestmark = pytest.mark.all
# As docs/docker.md has it.
URL = "postgresql://appuser:devpass@127.0.0.1:5433/appdb?sslmode=disable"
COUNT = """
from app_db import DbSessionService, UserTable
from sqlmodel import func, select
with DbSessionService().session_scope() as session:
    print(session.exec(select(func.count()).select_from(UserTable)).one(), "users")
"""


@pytest.fixture(scope="module")
def own(new_docker_machine: NewDockerMachine) -> Machine:
    """With the README's line of apt, and a clone of ops, who has sudo without a password."""
    machine = new_docker_machine()
    machine.sh(f"export DEBIAN_FRONTEND=noninteractive; apt-get update -q && {apt_line()}")
    clone(machine, "ops")
    return machine


def test_make_dev(own: Machine) -> None:
    index = trust_the_index(own)
    assert "Connect to @local" in as_user(own, "ops", f"{index}make dev")
    assert "[@local] no changes" in as_user(own, "ops", "make dev")
    as_user(own, "ops", "make dry ENV=dev")
    assert "running (healthy)" in as_user(own, "ops", "sleep 6; make status ENV=dev")
    own.put(COUNT.encode(), "cat > /home/ops/count.py")
    own.put(b"stage: development", "cat > /home/ops/config.yaml")
    count = f"cd && DATABASE_URL='{URL}' PYTHONPATH=howdah howdah/.venv/bin/python count.py"
    said = as_user(own, "ops", count)
    assert "0 users" in said
    assert "SELECT count(*)" in said  # echo
    as_user(own, "ops", "make verify ENV=dev")
    as_user(own, "ops", "make destroy ENV=dev YES=1")
    assert own.sh("docker ps -aq; docker volume ls -q") == ""
    assert as_user(own, "ops", "git status --porcelain") == ""


def test_machine_without_an_engine(own: Machine) -> None:
    """What to install, and the way that needs none."""
    own.sh("systemctl stop docker.socket docker")
    said = " ".join(as_user(own, "ops", "! make dev").split())
    assert "no Docker Engine answers; apt-get install docker.io docker-cli docker-compose" in said
    assert "or `make deploy`, which needs no Docker" in said
    own.sh("systemctl start docker")
