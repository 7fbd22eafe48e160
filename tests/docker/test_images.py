"""The image `postgres` as the official one is known, and a host's engine that runs it."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from howdah.secrets.x509 import make_ca, make_leaf
from tests.docker import images
from tests.fleet import engine
from tests.fleet.engine import docker
from tests.fleet.machine import Machine

EVERY = [
    pytest.param((version, flavour), id=f"{version}-{flavour}", marks=pytest.mark.all)
    for version in images.SERVERS
    for flavour in images.UIDS
    if (version, flavour) != (16, "alpine")
]
Run = Callable[..., str]


@pytest.fixture(scope="module", params=[pytest.param((16, "alpine"), id="16-alpine"), *EVERY])
def which(request: pytest.FixtureRequest) -> tuple[int, str]:
    """A version and a flavour; of all tests, each of them."""
    engine.require()
    version, flavour = request.param
    return int(version), str(flavour)


@pytest.fixture(scope="module")
def image(which: tuple[int, str]) -> str:
    return images.image(*which)


@pytest.fixture
def run(image: str) -> Iterator[Run]:
    """Starts a server in a container of the image, which is removed with its volumes."""
    made = []

    def run(*options: str, command: tuple[str, ...] = ()) -> str:
        made.append(docker("run", "-d", *options, image, *command))
        return made[-1]

    yield run
    for container in made:
        docker("rm", "-f", "-v", container)


def _await(container: str) -> None:
    """Over TCP, which the entrypoint's temporary server does not serve."""
    until = time.monotonic() + 60
    ready = ("exec", container, "pg_isready", "-h", "127.0.0.1")
    while "accepting" not in docker(*ready, check=False):
        assert _runs(container), docker("logs", container)
        assert time.monotonic() < until, docker("logs", container)
        time.sleep(0.2)


def _runs(container: str) -> bool:
    return docker("inspect", "-f", "{{.State.Running}}", container) == "true"


def _ask(container: str, sql: str) -> str:
    return docker("exec", container, "psql", "-XAtq", "-U", "postgres", "-c", sql)


def test_settings_are_the_official_ones(which: tuple[int, str], image: str) -> None:
    version, flavour = which
    config = json.loads(docker("image", "inspect", "-f", "{{json .Config}}", image))
    environment = dict(pair.split("=", 1) for pair in config["Env"])
    old = version < 18
    data = "/var/lib/postgresql/data" if old else f"/var/lib/postgresql/{version}/docker"
    assert environment["PGDATA"] == data
    assert environment["PG_MAJOR"] == str(version)
    assert environment["PG_VERSION"].startswith(f"{version}.")
    assert environment["LANG"] == "en_US.utf8"
    assert list(config["Volumes"]) == [data if old else "/var/lib/postgresql"]
    assert config["Entrypoint"] == ["docker-entrypoint.sh"]
    assert config["Cmd"] == ["postgres"]
    assert config["StopSignal"] == "SIGINT"
    assert environment["PATH"].endswith(f"/{version}/bin") == (flavour == "debian")


def test_programs_are_where_the_official_ones_are(which: tuple[int, str], image: str) -> None:
    version, flavour = which
    script = "id -u postgres; id -g postgres; command -v postgres; readlink -f $(command -v ls)"
    uid, gid, server, ls = docker("run", "--rm", image, "sh", "-c", script).split()
    assert int(uid) == int(gid) == images.UIDS[flavour]
    if flavour == "alpine":
        assert server == "/usr/local/bin/postgres"
        assert ls.endswith("/busybox")
    else:
        assert server == f"/usr/lib/postgresql/{version}/bin/postgres"
        assert ls == "/usr/bin/ls"


def test_it_starts_with_a_password(run: Run) -> None:
    container = run("-e", "POSTGRES_PASSWORD=secret")
    _await(container)
    assert _ask(container, "SHOW unix_socket_directories") == "/var/run/postgresql"
    docker("stop", container)
    assert docker("inspect", "-f", "{{.State.ExitCode}}", container) == "0"


def test_it_refuses_to_start_without_a_password(image: str) -> None:
    command = ["docker", "run", "--rm", image]
    refused = subprocess.run(command, check=False, capture_output=True, text=True)
    assert refused.returncode == 1
    assert "Database is uninitialized and superuser password is not specified" in refused.stderr


def test_initdb_runs_with_all_doors_closed(
    which: tuple[int, str], image: str, tmp_path: Path
) -> None:
    uid = images.UIDS[which[1]]
    new = tmp_path / "new"
    subprocess.run(["install", "-d", "-m", "0700", "-o", str(uid), new], check=True)
    docker("run", "--rm", "--network", "none", "--user", f"{uid}:{uid}", "--read-only",
           "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--tmpfs", "/tmp",
           "-v", f"{new}:/new", "--entrypoint", "initdb", image, "-D", "/new",
           "--locale=C.UTF-8")  # fmt: skip
    assert (new / "PG_VERSION").read_text().strip() == str(which[0])
    assert (new / "PG_VERSION").stat().st_uid == uid


def test_it_serves_tls(which: tuple[int, str], run: Run, tmp_path: Path) -> None:
    uid = images.UIDS[which[1]]
    leaf = make_leaf(make_ca("test"), ["postgres"])
    (tmp_path / "server.crt").write_bytes(leaf.certificate)
    (tmp_path / "server.key").write_bytes(leaf.key)
    (tmp_path / "server.key").chmod(0o600)
    subprocess.run(["chown", "-R", str(uid), tmp_path], check=True)
    settings = ("ssl=on", "ssl_cert_file=/tls/server.crt", "ssl_key_file=/tls/server.key")
    options = [word for setting in settings for word in ("-c", setting)]
    container = run("-e", "POSTGRES_PASSWORD=secret", "-v", f"{tmp_path}:/tls:ro",
                    command=("postgres", *options))  # fmt: skip
    _await(container)
    client = ("exec", "-e", "PGPASSWORD=secret", container, "psql", "-XAtq")
    over_tcp = "host=127.0.0.1 user=postgres sslmode=require"
    sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    assert docker(*client, over_tcp, "-c", sql) == "t"


# -- A host's own engine ---------------------------------------------------------------------

COMPOSE = """
name: howdah-test
services:
  postgres:
    image: postgres:16-alpine
    environment: {POSTGRES_PASSWORD: secret}
    user: "70:70"
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    tmpfs:
      - "/tmp:uid=70,gid=70,mode=1777"
      - "/var/run/postgresql:uid=70,gid=70,mode=0700"
    ports: ["127.0.0.1:5432:5432"]
    networks: {inside: {ipv4_address: 10.77.0.2}}
    healthcheck:
      test: [CMD, pg_isready, -h, 127.0.0.1]
      start_period: 60s
      start_interval: 1s
networks:
  inside:
    name: inside
    ipam:
      config: [{subnet: 10.77.0.0/24, gateway: 10.77.0.1, ip_range: 10.77.0.128/25}]
"""
CLIENT = "docker run --rm --network {network} -e PGPASSWORD=secret --entrypoint psql \
    postgres:16-alpine -XAtq -h {host} -U postgres -c 'SELECT inet_client_addr()'"


@pytest.fixture
def composed(docker_machine: Machine) -> Iterator[Machine]:
    """A host where `docker compose up` has been typed."""
    docker_machine.sh("mkdir -p /srv/test && cat > /srv/test/compose.yaml", stdin=COMPOSE)
    compose = "cd /srv/test && docker compose"
    docker_machine.sh(f"{compose} up --detach --wait")
    yield docker_machine
    docker_machine.sh(f"{compose} down --volumes")


def test_compose_serves_on_a_port_and_a_network(composed: Machine) -> None:
    port = composed.sh("docker port howdah-test-postgres-1")
    assert port == "5432/tcp -> 127.0.0.1:5432"
    # of other containers, the first has the first address of ip_range
    assert composed.sh(CLIENT.format(network="inside", host="postgres")) == "10.77.0.128"
    # who comes by the published port comes from the gateway
    assert composed.sh(CLIENT.format(network="host", host="127.0.0.1")) == "10.77.0.1"


def test_server_is_shut_down_and_comes_back_with_a_reboot(docker_machine: Machine) -> None:
    answers = "until docker exec kept pg_isready -q -h 127.0.0.1; do sleep 0.2; done"
    docker_machine.sh("docker run -d --name kept --restart unless-stopped "
                      "-e POSTGRES_PASSWORD=secret postgres:16-alpine")  # fmt: skip
    # before it answers, the entrypoint loses the signal to stop
    docker_machine.sh(f"timeout 60 sh -c '{answers}'")
    docker_machine.reboot()
    docker_machine.sh(f"timeout 60 sh -c '{answers}'")
    assert "was not properly shut down" not in docker_machine.sh("docker logs kept 2>&1")
    docker_machine.sh("docker rm -f -v kept")
