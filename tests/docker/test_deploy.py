"""From a host with an engine to a server in a container, and what changes there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker import images
from tests.docker.conftest import NewDockerMachine
from tests.docker.docked import Docked, docked_on
from tests.docker.host import DockerMachine
from tests.documents import blocks
from tests.fleet.machine import Machine
from tests.server.checkout import until

LOAD = "Load the configuration"


def refused_dry(docked: Docked) -> str:
    """The lines of a dry run that must fail, joined."""
    run = docked.pyinfra("--dry", "deploy.py")
    assert run.code not in (0, 2), run.output
    return run.output.replace("\n        ", " ")


@pytest.fixture(scope="module")
def docked(docker_machine: Machine, key: Path) -> Iterator[Docked]:
    """The module's host, converged."""
    with docked_on(docker_machine, key) as one:
        one.deploy()
        yield one


@pytest.fixture
def converged(docked: Docked) -> Iterator[Docked]:
    """The module's host, and again after the test."""
    yield docked
    docked.inventory()
    docked.deploy()


def test_second_run_changes_nothing(docked: Docked) -> None:
    """By one remote command; a dry run finds nothing either."""
    again = docked.deploy()
    assert again.changed == []
    assert len(again.commands) == 1
    assert docked.dry().changed == []


def test_server_is_verified(docked: Docked) -> None:
    done = docked.verify()
    assert done.returncode == 0, done.stdout


def test_container_may_do_little(docked: Docked) -> None:
    """As compose.yaml has it, and as the kernel sees it."""
    found = docked.inspect()
    config, host = found["Config"], found["HostConfig"]
    assert (config["User"], config["StopSignal"]) == ("postgres", "SIGINT")
    assert (host["ReadonlyRootfs"], host["CapDrop"]) == (True, ["ALL"])
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert host["PortBindings"] == {"5432/tcp": [{"HostIp": "127.0.0.1", "HostPort": "5432"}]}
    assert not any("PASSWORD" in line for line in config["Env"])
    status = docked.machine.sh(f"cat /proc/{found['State']['Pid']}/status")
    for line in ("CapEff:\t0000000000000000", "NoNewPrivs:\t1", "Uid:\t70\t70\t70\t70"):
        assert line in status
    assert docked.machine.sh("docker volume ls -q") == ""
    until(lambda: docked.inspect()["State"]["Health"]["Status"] == "healthy")


def test_by_hand(docked: Docked) -> None:
    """As docs/docker.md has it."""
    (block,) = [one for one in blocks("docker.md") if one.language == "sh"]
    script = block.text.replace("howdah/db", f"howdah/{docked.environment}")
    script = script.replace("-it howdah-db", f"-i {docked.container}")
    shown = docked.machine.sh(f"set -e\n{script}", stdin="")
    assert docked.container in shown


def test_home_is_roots_alone(docked: Docked) -> None:
    """Also for a user of the host whose number is that of the image's postgres."""
    as_number = "setpriv --reuid=70 --regid=70 --clear-groups"
    assert docked.machine.run(f"{as_number} ls {docked.place}/data/postgres").returncode != 0
    assert docked.machine.run(f"{as_number} cat {docked.place}/etc/current/server.key").stdout == ""


def test_no_secret_leaves_its_place(docked: Docked) -> None:
    """Neither in what the engine knows, nor in a process, a log or a file of the host."""
    machine, container = docked.machine, docked.container
    seen = [
        machine.sh(f"docker inspect {container}"),
        machine.sh(f"docker logs {container} 2>&1"),
        machine.sh("cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'"),
        machine.sh(f"cat {docked.place}/compose.yaml {docked.place}/image {docked.place}/log/*"),
        machine.sh("docker history --no-trunc postgres:16-alpine"),
    ]
    for role in ("appuser", "backupuser", "temporaluser"):
        password = docked.password(role)
        assert not any(password in text for text in seen)


def test_reload_keeps_the_container(converged: Docked) -> None:
    before = converged.inspect()["Id"]
    converged.inventory(work_mem="9MB")
    assert LOAD in converged.deploy().changed
    assert converged.inspect()["Id"] == before
    assert converged.ask("SHOW work_mem") == "9MB"


def test_spec_is_put_in_force_once_and_undone(converged: Docked) -> None:
    before = converged.inspect()["Id"]
    converged.inventory(port=5444)
    assert "restart the server for the container" in converged.shown()
    converged.deploy()
    after = converged.inspect()["Id"]
    assert after != before
    assert converged.deploy().changed == []
    assert converged.inspect()["Id"] == after
    assert converged.pyinfra("-y", "deploys.undo.undo").code == 0
    assert "5432" in str(converged.inspect()["HostConfig"]["PortBindings"])


def test_production_waits_with_the_spec(converged: Docked) -> None:
    before = converged.inspect()["Id"]
    converged.inventory(port=5444, stage="production")
    assert "waits for a restart (--data restart=yes): the container" in converged.deploy().output
    assert converged.inspect()["Id"] == before


def test_value_that_is_refused(converged: Docked) -> None:
    """By a canary in a container of its own, which is gone after it."""
    release = converged.link("current")
    converged.inventory(settings={"wal_buffers": "a lot"})
    assert "wal_buffers" in converged.refused()
    converged.inventory(settings={"session_preload_libraries": "none_such"})
    assert "none_such" in converged.refused()
    assert converged.link("current") == release
    assert converged.machine.sh("docker ps -a --format '{{.Names}}'") == converged.container


def test_module_that_the_image_lacks(converged: Docked) -> None:
    """Named by a dry run; its own are there."""
    converged.inventory(libraries=["pg_cron"])
    assert "libraries: pg_cron: postgres:16-alpine does not have it" in refused_dry(converged)
    converged.inventory(libraries=["auto_explain"])
    assert "the server for shared_preload_libraries" in converged.shown()
    file = converged.folder / "roles-sql" / "60-own.sql"
    file.write_text('\\connect :"app_database"\nCREATE EXTENSION hll WITH SCHEMA extensions;\n')
    assert "CREATE EXTENSION hll: postgres:16-alpine does not have it" in refused_dry(converged)
    file.unlink()


def test_port_that_is_taken(converged: Docked) -> None:
    """Found before the container that serves is touched."""
    before = converged.inspect()["Id"]
    listen = "my $s = IO::Socket::INET->new(LocalPort => 5499, Listen => 1); sleep 600"
    converged.machine.sh(f"systemd-run --unit taken perl -MIO::Socket::INET -e '{listen}'")
    until(lambda: ":5499 " in converged.machine.sh("ss -ltn"))
    converged.inventory(port=5499)
    assert "port 5499 is taken" in converged.refused_in_one_line()
    converged.machine.sh("systemctl stop taken")
    assert converged.inspect()["Id"] == before


@pytest.mark.parametrize("how", ["docker kill", "docker stop"])
def test_stopped_server_is_started(converged: Docked, how: str) -> None:
    converged.machine.sh(f"{how} {converged.container}")
    assert "start the server" in converged.shown()
    assert converged.deploy().changed == [LOAD]


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


def test_other_version_over_the_data(converged: Docked) -> None:
    """Rejected before the image is fetched or the container is touched, with the way over."""
    before = converged.inspect()["Id"]
    converged.inventory(image="postgres:17-alpine")
    said = converged.refused_in_one_line()
    assert "is of version 16, and postgres:17-alpine is 17" in said
    assert "dump and restore" in said
    assert converged.inspect()["Id"] == before


@pytest.mark.all
def test_image_of_another_family(converged: Docked, docker_machine: DockerMachine) -> None:
    """Debian's over alpine's data: other collations, and another user's files."""
    before = converged.inspect()["Id"]
    docker_machine.load(images.image(16, "debian"))
    converged.inventory(image="postgres:16")
    said = converged.refused_in_one_line()
    assert "belongs to uid 70, and postgres of postgres:16 is uid 999" in said
    assert "dump and restore" in said
    assert converged.inspect()["Id"] == before


@pytest.mark.all
def test_subnet_of_a_network_that_is_there(converged: Docked) -> None:
    """The engine keeps the network as it is: the release before is in force again."""
    converged.inventory(docker_subnet="10.78.0.0/24")
    said = converged.refused_in_one_line()
    assert "could not start the container: " in said
    assert "is back in force" in said
    assert converged.ask("SELECT 1") == "1"


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


def test_environment_of_another_runtime(converged: Docked) -> None:
    """Neither is made beside the other."""
    machine = converged.machine
    marker = "/etc/howdah/17-main/environment"
    machine.sh(f"mkdir -p {marker.removesuffix('/environment')}; "
               f"echo {converged.environment} > {marker}")  # fmt: skip
    said = converged.refused_in_one_line()
    assert "lives on this host under another runtime, in /etc/howdah/17-main" in said
    machine.sh("rm -r /etc/howdah")
    converged.inventory(runtime="package")
    said = converged.refused_in_one_line()
    assert f"lives on this host under another runtime, in {converged.place}" in said


def test_image_that_cannot_be_had(new_docker_machine: NewDockerMachine, key: Path) -> None:
    machine = new_docker_machine()
    machine.sh("docker rmi postgres:16-alpine")
    with docked_on(machine, key) as one:
        assert "docker pull postgres:16-alpine" in one.shown()
        assert "docker pull postgres:16-alpine: " in one.refused()
        assert machine.run(f"ls {one.place}/environment").returncode != 0
