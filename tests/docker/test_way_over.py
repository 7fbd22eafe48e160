"""From a server that is there into one in Docker, as docs/docker.md has it."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from howdah.revisions import head
from tests.docker.conftest import NewDockerMachine
from tests.docker.docked import Docked, docked_on
from tests.documents import blocks
from tests.fleet.machine import Machine
from tests.server.checkout import until

pytestmark = pytest.mark.all
PEOPLE = """
INSERT INTO app.users (id, first_name, last_name, email, version, created_at, updated_at)
SELECT gen_random_uuid(), 'a', 'b', format('%s@example.com', i), 1, now(), now()
FROM generate_series(1, 1000) AS i
"""
COUNT = "SELECT count(*) FROM app.users"
HEAD = head("app_db.migrations")
MADE = {"ROLE": ("appowner", "appuser", "backupuser"),
        "DATABASE": ("appdb", "temporal", "temporal_visibility")}  # fmt: skip
STEPS = [block.text for block in blocks("docker.md")
         if (block.language, block.heading) == ("sh", "From packages to Docker")]  # fmt: skip


@pytest.fixture(scope="module")
def machine(new_docker_machine: NewDockerMachine) -> Machine:
    return new_docker_machine(17)


@pytest.fixture
def new(machine: Machine, key: Path) -> Iterator[Docked]:
    """A checkout for the new server."""
    with docked_on(machine, key) as one:
        one.inventory(image="postgres:17-alpine", port=5433)
        yield one
        assert one.pyinfra("-y", "deploys.local.stop").code == 0
        machine.sh("docker ps -aq | xargs -r docker rm -f; docker network prune -f; "
                   "systemctl stop postgresql 2> /dev/null; rm -rf /srv/howdah")  # fmt: skip


def go_over(new: Docked, old: str, *, dump: str = "runuser -u postgres -- pg_dump") -> None:
    """The page's steps. ``old``: the environment whose secrets are taken along; empty: none."""
    take, move, prove = STEPS
    names = {"howdah-new": new.container, "ENV=new": f"ENV={new.environment}",
             "secrets/new": f"secrets/{new.environment}", "secrets/prod": f"secrets/{old}",
             "runuser -u postgres -- pg_dump": dump}  # fmt: skip
    for name, its in names.items():
        take, move, prove = (text.replace(name, its) for text in (take, move, prove))
    if not old:
        new.deploy()
    else:
        local(new, take)
    new.machine.sh(f"sh -c {shlex.quote(move)}")
    local(new, prove)
    assert new.deploy().changed == []


def local(new: Docked, script: str) -> None:
    """On this side."""
    script = script.replace("make deploy", "make deploy YES=1")
    done = new.run(["sh", "-ec", script])
    assert done.returncode == 0, done.stdout + done.stderr


def test_from_packages_to_docker(machine: Machine, new: Docked) -> None:
    """The application logs in with the password that it has."""
    old = new.environment.replace("t", "o", 1)
    text = (new.folder / "inventories" / f"{new.environment}.py").read_text()
    for ours, theirs in (("'docker'", "'package'"), ("5433", "5432"), ("'image'", "'x_image'")):
        text = text.replace(ours, theirs)
    (new.folder / "inventories" / f"{old}.py").write_text(text)
    local(new, f"make deploy ENV={old}")
    machine.ask(PEOPLE, "appdb")
    go_over(new, old)
    assert new.ask(COUNT, "appdb") == "1000"
    before = new.folder / "secrets" / old / "postgres_app_user_pw"
    assert new.password("appuser") == before.read_text().strip()


def test_from_a_compose_project_of_ones_own(machine: Machine, new: Docked) -> None:
    """With the image's own initdb and superuser, and the same history."""
    machine.sh("docker run -d --name theirs -e POSTGRES_PASSWORD=p postgres:17-alpine")
    ask = "docker exec -i theirs psql -XAtq -U postgres"
    until(lambda: machine.run(f"{ask} -h 127.0.0.1 -c 'SELECT 1'").returncode == 0)
    new.deploy()
    for kind, names in MADE.items():
        for name in names:
            machine.sh(f"{ask} -c 'CREATE {kind} {name}'")
    dump = f"docker exec {new.container} pg_dump -U postgres --schema-only --no-privileges"
    machine.sh(f"{dump} appdb | {ask} -v ON_ERROR_STOP=1 -d appdb")
    rows = f"INSERT INTO app.alembic_version VALUES ('{HEAD}'); {PEOPLE}"
    machine.sh(f"{ask} -d appdb", stdin=rows)
    go_over(new, "", dump="docker exec theirs pg_dump -U postgres")
    assert new.ask(COUNT, "appdb") == "1000"
