"""A compose project from the official image that somebody has made becomes Howdah's."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker import images
from tests.docker.conftest import NewDockerMachine
from tests.docker.docked import Docked, docked_on
from tests.docker.host import DockerMachine
from tests.documents import blocks
from tests.fleet import engine
from tests.fleet.machine import Machine
from tests.server.checkout import until

OLD = "shop-db-1"
PROJECT = """
name: shop
services:
  db:
    image: {image}
    restart: unless-stopped
    environment:
      POSTGRES_PASSWORD: a password of theirs
      POSTGRES_DB: shop
      POSTGRES_INITDB_ARGS: {initdb}
    volumes: ["{volume}"]
    ports: ["127.0.0.1:5432:5432"]
volumes: {{data: {{}}}}
"""
ROWS = """
CREATE TABLE public.kept AS SELECT i, 'row ' || i AS text FROM generate_series(1, 1000) AS i;
CREATE ROLE ada LOGIN PASSWORD 'not howdahs'
"""
COUNT = "SELECT count(*) FROM public.kept"
PASSWORD = "SELECT rolpassword IS NULL FROM pg_authid WHERE rolname = 'postgres'"
HEADING = "A compose project that is there already"
STOP = "cd /srv/shop && docker compose --progress quiet stop"


class Shop:
    """The project, and what tells whether it was touched."""

    def __init__(self, machine: DockerMachine, place: str) -> None:
        self.machine, self.place = machine, place
        self.left = ""  # as it was left when it was stopped

    @classmethod
    def up(
        cls,
        machine: DockerMachine,
        *,
        image: str = "postgres:16-alpine",
        volume: str = "./data:/var/lib/postgresql/data",
        initdb: str = "--data-checksums",
        place: str = "/srv/shop/data",
    ) -> "Shop":
        text = PROJECT.format(image=image, volume=volume, initdb=initdb)
        machine.sh("mkdir -p /srv/shop && cat > /srv/shop/compose.yaml", stdin=text)
        shop = cls(machine, place)
        shop.start()
        shop.ask(ROWS)
        shop.stop(STOP)
        return shop

    def start(self) -> None:
        self.machine.sh("cd /srv/shop && docker compose --progress quiet up -d")
        ready = f"docker exec {OLD} psql -h 127.0.0.1 -U postgres -d shop -c 'SELECT 1'"
        until(lambda: self.machine.run(ready).returncode == 0)

    def stop(self, script: str) -> None:
        self.machine.sh(script)
        self.left = self.fingerprint()

    @property
    def is_untouched(self) -> bool:
        return self.fingerprint() == self.left

    def ask(self, sql: str) -> str:
        psql = "psql -XAtq -v ON_ERROR_STOP=1 -U postgres -d shop -f -"
        return self.machine.sh(f"docker exec -i {OLD} {psql}", stdin=sql)

    def fingerprint(self) -> str:
        """Of every file's content, owner and mode; of the container, and of its compose file."""
        files = f"cd {self.place} && find . -exec stat -c '%n %u %g %a %Y' {{}} + | sort"
        sums = f"cd {self.place} && find . -type f -exec sha256sum {{}} + | sort"
        container = f"docker inspect -f '{{{{json .}}}}' {OLD}"
        return self.machine.sh(f"({files}; {sums}; {container}; cat /srv/shop/*.yaml) | sha256sum")


@pytest.fixture(scope="module")
def theirs(docker_machine: DockerMachine) -> Shop:
    """The project on the module's host, stopped."""
    return Shop.up(docker_machine)


@pytest.fixture
def adopting(docker_machine: DockerMachine, theirs: Shop, key: Path) -> Iterator[Docked]:
    """A checkout that has nothing on the host, and goes with what it has made."""
    with docked_on(docker_machine, key) as one:
        one.inventory(adopt=True, adopt_container=OLD)
        yield one
        if docker_machine.run(f"ls -d {one.place}").returncode == 0:
            one.inventory(stage="development")
            done = one.pyinfra("-y", "deploys.local.destroy")
            assert done.code == 0, done.output
    assert theirs.is_untouched


def is_adopted(one: Docked, count: str = "1000") -> None:
    """Rows, roles and logins; and nothing to do, with adopt and without it."""
    assert one.ask(COUNT, "shop") == count
    assert one.ask(PASSWORD) == "t"
    assert one.ask("SHOW data_checksums") == "on"
    assert one.deploy().changed == []
    one.inventory()
    assert one.deploy().changed == []
    assert one.dry().changed == []


def test_compose_project(adopting: Docked, theirs: Shop) -> None:
    """A dry run tells, the deploy does it, and the old project is untouched."""
    machine = adopting.machine
    shown = " ".join(adopting.shown().split())
    for line in (f"copy {theirs.place} (", f"to {adopting.place}/data/postgres",
                 f"container {OLD} (postgres:16-alpine), its data and its project stay",
                 "no password of postgres"):  # fmt: skip
        assert line in shown
    assert "CREATE ROLE" not in shown
    assert machine.run(f"ls -d {adopting.place}").returncode != 0
    run = adopting.pyinfra("-y", "deploy.py")
    assert run.code == 0, run.output
    for line in ("role ada is not in roles-sql", "database shop is not in roles-sql"):
        assert f"reported: {line}" in run.output
    is_adopted(adopting)
    for role, password in (("postgres", "a password of theirs"), ("ada", "not howdahs")):
        assert "no pg_hba.conf entry" in refused_over_tcp(machine, role, password)
    adopting.inventory(adopt=True, adopt_container="other")
    assert "adopt_container = 'other': " in adopting.refused_dry()


def refused_over_tcp(machine: Machine, role: str, password: str) -> str:
    """What a container of the network hears."""
    client = f"docker run --rm --network application_internal -e PGPASSWORD='{password}'"
    conninfo = f"host=postgres user={role} dbname=shop sslmode=require"
    done = machine.run(f"{client} postgres:16-alpine psql '{conninfo}' -c 'SELECT 1'")
    assert done.returncode != 0
    return done.stderr


@pytest.mark.all
def test_as_the_page_has_it(adopting: Docked, theirs: Shop) -> None:
    """Then it is a cluster like any: verified, undone, with a status."""
    stop, go = [block.text for block in blocks("docker.md")
                if (block.language, block.heading) == ("sh", HEADING)]  # fmt: skip
    theirs.start()
    assert "it is running; stop it first" in adopting.refused_dry()
    theirs.stop(f"set -e\n{stop}")
    go = go.replace("ENV=shop", f"ENV={adopting.environment}")
    done = adopting.run(["sh", "-ec", go.replace("make deploy", "make deploy YES=1")])
    assert done.returncode == 0, done.stdout + done.stderr
    adopting.inventory(work_mem="9MB")
    adopting.deploy()
    assert adopting.pyinfra("-y", "deploys.undo.undo").code == 0
    assert adopting.ask("SHOW work_mem") != "9MB"
    assert adopting.pyinfra("-y", "deploys.local.status").code == 0


# -- Killed ------------------------------------------------------------------------------------

# In place of the program: it does a part of its work, or none, and all that runs with it dies.
KILLED = """#!/bin/sh
case "$*" in {when}) ;; *) exec /usr/bin/{program} "$@" ;; esac
{before}
read -r _ _ _ _ group _ < /proc/$$/stat
kill -9 -- "-$group"
"""
MOMENTS = [
    ("cp", "*/srv/shop/*", 'timeout 0.02 /usr/bin/cp "$@"'),
    ("chown", "-hR*", ""),
    ("docker", "*--single*", ""),
    ("mv", "*data/postgres.new*", ""),
]


@pytest.mark.all
def test_killed_at_any_moment(adopting: Docked) -> None:
    """There are no data until there are all; the next run goes on."""
    machine = adopting.machine
    for program, when, before in MOMENTS:
        text = KILLED.format(program=program, when=when, before=before)
        wrapper = f"/usr/local/sbin/{program}"
        machine.sh(f"cat > {wrapper} && chmod +x {wrapper}", stdin=text)
        adopting.refused()
        machine.sh(f"rm {wrapper}")
        made = machine.sh(f"ls {adopting.place}/data")
        assert made == "postgres.new", program
    stray = f"{adopting.place}/data/postgres{{}}/stray"
    machine.sh(f"touch {stray.format('.new')}")
    adopting.deploy()
    assert machine.run(f"ls {stray.format('')}").returncode != 0
    is_adopted(adopting)
    assert machine.sh(f"ls {adopting.place}/data") == "postgres"


# -- Rejected ----------------------------------------------------------------------------------

OTHER = "/srv/other"
MOUNT = f"-v {OTHER}:/var/lib/postgresql/data"
# As the container is made, what is done to its data then, and what is said.
SMALL = "mkdir -p /srv/howdah && mount -t tmpfs -o size=16m none /srv/howdah"
STATE = "dd of=global/pg_control bs=1 seek=16 conv=notrunc status=none"
REJECTED = [
    (f"{MOUNT} --entrypoint sleep", "docker start other", "it is running; stop it first"),
    (f"{MOUNT} --restart always", "", "docker update --restart no other"),
    (f"{MOUNT} -e PGDATA=/pgdata", "", "its data are in no mount; go over by dump"),
    (f"{MOUNT} -e POSTGRES_USER=shop", "", "its superuser is 'shop'; needs 'postgres'"),
    (MOUNT, "rm PG_VERSION", f"{OTHER} has no PG_VERSION"),
    (MOUNT, "ln -sf /root/secret PG_VERSION", f"{OTHER} has no PG_VERSION"),
    (MOUNT, "echo 15 > PG_VERSION", "is of version 15, and postgres:16-alpine is 16"),
    (MOUNT, "chown 999 PG_VERSION", "uid 999, and postgres of postgres:16-alpine is uid 70"),
    (MOUNT, f"printf '\\006' | {STATE}", "was not shut down in order"),
    (MOUNT, "ln -s /srv pg_tblspc/1", "it has tablespaces, or its pg_wal elsewhere"),
    (MOUNT, SMALL, "16 MB are free"),
]


# In place of programs that the copy needs: somebody starts it before, or within; or another
# container that has its data.
STARTED = [
    ("sync", 'docker start other; exec /usr/bin/sync "$@"'),
    ("cp", '/usr/bin/cp "$@"; docker start other'),
    ("cp", f'/usr/bin/cp "$@"; cd {OTHER}; base64 -d /root/six | {STATE}'),
]


@pytest.fixture
def rejecting(docker_machine: DockerMachine, theirs: Shop, key: Path) -> Iterator[Docked]:
    """A checkout that makes nothing, and a copy of the project's data."""
    docker_machine.sh("echo 'a secret of roots' > /root/secret")
    docker_machine.sh(f"cp -a {theirs.place} {OTHER}")
    with docked_on(docker_machine, key) as one:
        one.inventory(adopt=True, adopt_container="other")
        yield one
    docker_machine.sh(f"docker rm -fv other; rm -r {OTHER}")


@pytest.mark.all
@pytest.mark.parametrize(("create", "spoil", "says"), REJECTED)
def test_what_is_not_adopted(rejecting: Docked, create: str, spoil: str, says: str) -> None:
    """By a dry run and by the deploy, in one line, and nothing is touched."""
    machine = rejecting.machine
    assert "there is no such container" in rejecting.refused_dry()
    machine.sh(f"docker create --name other {create} postgres:16-alpine 600")
    machine.sh(f"cd {OTHER} && {spoil or ':'}")
    said = rejecting.refused_dry(), " ".join(rejecting.refused().split())
    left = machine.run("ls /srv/howdah").stdout
    machine.run("umount /srv/howdah")
    assert all(says in each for each in said)
    assert "secret of roots" not in "".join(said)
    assert left == ""


@pytest.mark.all
def test_what_only_the_copy_tells(rejecting: Docked) -> None:
    """A superuser of another name, whatever its environment says; and a start in between."""
    machine = rejecting.machine
    machine.sh(f"docker run -d --name other {MOUNT} postgres:16-alpine")
    psql = "docker exec other psql -h 127.0.0.1 -v ON_ERROR_STOP=1 -d shop -U"
    until(lambda: machine.run(f"{psql} postgres -c 'SELECT 1'").returncode == 0)
    machine.sh(f"{psql} postgres -c 'CREATE ROLE boss LOGIN SUPERUSER'")
    machine.sh(f"{psql} boss -c 'ALTER ROLE postgres RENAME TO other'; docker stop -t 60 other")
    assert 'role "postgres" does not exist' in rejecting.refused()
    machine.sh("echo Bg== > /root/six")  # pg_control's DB_IN_PRODUCTION
    for program, script in STARTED:
        wrapper = f"/usr/local/sbin/{program}"
        machine.sh(f"printf '#!/bin/sh\n{script}\n' > {wrapper} && chmod +x {wrapper}")
        assert "other was started meanwhile" in " ".join(rejecting.refused().split())
        machine.sh(f"rm {wrapper}; docker stop -t 60 other")
        assert machine.sh(f"ls {rejecting.place}/data") == "postgres.new"
    rejecting.inventory(stage="development")
    rejecting.pyinfra("-y", "deploys.local.destroy")


# -- Other projects ----------------------------------------------------------------------------


@pytest.fixture
def bare(new_docker_machine: NewDockerMachine, key: Path) -> Iterator[Docked]:
    machine = new_docker_machine(16, "debian")
    with docked_on(machine, key) as one:
        yield one
    machine.remove()


@pytest.mark.all
def test_named_volume_of_debians_image(bare: Docked) -> None:
    """Read at its mount point; the volume is left as it is."""
    machine = bare.machine
    assert isinstance(machine, DockerMachine)
    place = "/var/lib/docker/volumes/shop_data/_data"
    shop = Shop.up(
        machine, image="postgres:16", volume="data:/var/lib/postgresql/data", place=place
    )
    bare.inventory(image="postgres:16-alpine", adopt=True, adopt_container=OLD)
    machine.load(images.image(16, "alpine"))
    assert "uid 999, and postgres of postgres:16-alpine is uid 70" in bare.refused_dry()
    options = {"image": "postgres:16", "app_database": "shop"}
    bare.inventory(**options, adopt=True, adopt_container=OLD)
    stopped = " ".join(bare.refused().split())
    assert "database shop belongs to postgres, not appowner: it was left alone" in stopped
    bare.ask("ALTER DATABASE shop OWNER TO appowner")
    bare.ask("UPDATE pg_catalog.pg_database SET datcollversion = '2.1' WHERE datname = 'shop'")
    reported = " ".join(bare.pyinfra("-y", "deploy.py").output.split())
    assert "reported: database shop: sorted by version 2.1 of the collations" in reported
    bare.ask("REINDEX DATABASE shop; ALTER DATABASE shop REFRESH COLLATION VERSION", "shop")
    assert "collations" not in bare.pyinfra("-y", "deploy.py").output
    bare.inventory(**options)
    assert bare.ask(COUNT, "shop") == "1000"
    assert bare.deploy().changed == []
    assert shop.is_untouched


@pytest.mark.all
def test_project_without_checksums(new_docker_machine: NewDockerMachine, key: Path) -> None:
    """As the image's own initdb makes it; the copy gets them. A stand-in lacks pg_checksums."""
    machine = new_docker_machine(17)
    program = "/usr/lib/postgresql/17/bin/pg_checksums"
    from_debian = ["docker", "run", "--rm", engine.image("trixie"), "cat", program]
    content = subprocess.run(from_debian, check=True, capture_output=True).stdout
    machine.put(content, "cat > /root/pg_checksums && chmod +x /root/pg_checksums")
    machine.sh("docker create --name made postgres:17-alpine && "
               "docker cp /root/pg_checksums made:/usr/local/bin/ && "
               "docker commit made postgres:17-alpine && docker rm made")  # fmt: skip
    shop = Shop.up(machine, image="postgres:17-alpine", initdb="--no-locale")
    with docked_on(machine, key) as one:
        one.inventory(image="postgres:17-alpine", adopt=True, adopt_container=OLD)
        one.deploy()
        assert one.ask("SHOW data_checksums") == "on"
        assert one.ask(COUNT, "shop") == "1000"
    assert shop.is_untouched
