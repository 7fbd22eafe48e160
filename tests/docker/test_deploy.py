"""From a host with an engine to a server in a container, and what changes there."""

from pathlib import Path

import pytest

from tests.docker import images
from tests.docker.conftest import NewDockerMachine
from tests.docker.docked import Docked, docked_on
from tests.docker.host import DockerMachine
from tests.documents import blocks
from tests.server.checkout import until

LOAD = "Load the configuration"


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
    (block,) = [one for one in blocks("docker.md")
                if (one.language, one.heading) == ("sh", "What Howdah makes")]  # fmt: skip
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
    assert "libraries: pg_cron: postgres:16-alpine does not have it" in converged.refused_dry()
    converged.inventory(libraries=["auto_explain"])
    assert "the server for shared_preload_libraries" in converged.shown()
    file = converged.folder / "roles-sql" / "60-own.sql"
    file.write_text('\\connect :"app_database"\nCREATE EXTENSION hll WITH SCHEMA extensions;\n')
    assert "CREATE EXTENSION hll: postgres:16-alpine does not have it" in converged.refused_dry()
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
    said = converged.refused_dry()
    assert "belongs to uid 70, and postgres of postgres:16 is uid 999" in said
    assert "dump and restore" in said
    assert converged.inspect()["Id"] == before


@pytest.mark.all
def test_subnet_that_overlaps(converged: Docked) -> None:
    """Before anything is made: with whose, by name."""
    machine = converged.machine
    machine.sh("docker network create --subnet 10.79.0.0/24 theirs")
    converged.inventory(docker_network="ours", docker_subnet="10.79.0.0/25")
    assert "overlaps 10.79.0.0/24, the network theirs of this engine" in converged.refused_dry()
    machine.sh("docker network rm theirs")


@pytest.mark.all
def test_subnet_of_a_network_that_is_there(converged: Docked) -> None:
    """The engine keeps it while somebody is on it: who has to go first is named."""
    machine = converged.machine
    sleep = "docker run -d --name other --network application_internal"
    machine.sh(f"{sleep} --entrypoint sleep postgres:16-alpine 600")
    converged.inventory(docker_subnet="10.78.0.0/24")
    down = f"docker compose down in {converged.place}"
    assert f"stop other, then {down}, and deploy again" in converged.refused_dry()
    machine.sh("docker rm -f other")
    assert f"with 10.77.0.0/24; {down}, and deploy again" in converged.refused_in_one_line()
    machine.sh(f"cd {converged.place} && docker compose down")
    converged.deploy()
    assert (
        converged.inspect()["NetworkSettings"]["Networks"]["application_internal"]["Gateway"]
        == "10.78.0.1"
    )
    machine.sh(f"cd {converged.place} && docker compose down")


def test_bound_of_memory(converged: Docked) -> None:
    """Above what sizing shares out, or it is rejected."""
    converged.inventory(docker_memory="256MB")
    assert "docker_memory = '256MB': needs more than the 512 MB" in converged.refused_dry()
    converged.inventory(docker_memory="1GB")
    converged.deploy()
    assert converged.inspect()["HostConfig"]["Memory"] == 2**30


def test_status_and_bundle(converged: Docked) -> None:
    status = converged.pyinfra("-y", "deploys.local.status").output
    assert f"container {converged.container}: running" in status
    assert "port      5432" in status
    done = converged.run([str(converged.python), "-m", "deploys.bundle",
                          f"inventories/{converged.environment}.py"])  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "listens on 127.0.0.1 only" in done.stderr


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
