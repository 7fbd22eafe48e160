"""The secrets that containers of applications mount, and an application that does."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker.docked import Docked, docked_on
from tests.docker.host import DockerMachine
from tests.documents import blocks
from tests.fleet import engine
from tests.fleet.engine import docker
from tests.server.checkout import ROOT, until

APP, TEMPORAL = 1000, 1001
SHARE = "Write the applications' secrets"
EXAMPLE = ROOT / "examples" / "compose-app"
README = "../examples/compose-app/README.md"
Factory = pytest.TempPathFactory
PSQL = 'psql "host=postgres user=appuser dbname=appdb sslmode=require"'
# What an application's image begins with, where no registry answers.
PYTHON = """
set -e
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends python3-pip
rm -f /usr/lib/python3*/EXTERNALLY-MANAGED
"""
# As Temporal's own tool makes them, and its server asks.
TEMPORALS = """
CREATE TABLE IF NOT EXISTS schema_version (version_partition int, db_name text, curr_version text,
    PRIMARY KEY (version_partition, db_name));
INSERT INTO schema_version VALUES (0, 'temporal', '1.0');
SELECT curr_version FROM schema_version;
"""


@pytest.fixture(scope="module")
def shared(docker_machine: DockerMachine, key: Path) -> Iterator[Docked]:
    """A converged host whose applications have secrets."""
    with docked_on(docker_machine, key) as one:
        one.inventory(app_uid=APP, temporal_uid=TEMPORAL)
        shown = one.shown()
        assert "write app/postgres_app_user_pw, for uid 1000 only" in shown
        one.deploy()
        yield one


def in_container(docked: Docked, uid: int, folder: str, script: str) -> str:
    """What a container of an application's answers, with its folder of secrets."""
    words = (
        f"docker run --rm -i --network application_internal --user {uid}:{uid} --read-only "
        f"--cap-drop ALL -v {docked.place}/secrets/{folder}:/run/secrets:ro "
        f"--entrypoint sh postgres:16-alpine -es"
    )
    return docked.machine.sh(words, stdin=script)


def test_second_run_changes_nothing(shared: Docked) -> None:
    assert shared.deploy().changed == []
    assert shared.dry().changed == []


def test_files_are_one_containers(shared: Docked) -> None:
    listed = "ls -ln /run/secrets | awk 'NR > 1 { print $1, $3, $4, $9 }'"
    assert in_container(shared, APP, "app", listed).splitlines() == [
        "-r-------- 1000 1000 ca.crt",
        "-r-------- 1000 1000 postgres_app_user_pw",
    ]
    with pytest.raises(AssertionError, match="Permission denied"):
        in_container(shared, TEMPORAL, "app", "cat /run/secrets/postgres_app_user_pw")


def test_temporal_logs_in(shared: Docked) -> None:
    """By the name of the service, over verify-full, with its own statements."""
    conninfo = ("host=postgres user=temporaluser dbname=temporal sslmode=verify-full "
                "channel_binding=require sslrootcert=/run/secrets/ca.crt")  # fmt: skip
    script = (f'PGPASSWORD=$(cat /run/secrets/postgres_temporal_pw) psql -XAtq "{conninfo}" '
              f"<< END\n{TEMPORALS}\nEND\n")  # fmt: skip
    assert in_container(shared, TEMPORAL, "temporal", script) == "1.0"
    assert shared.deploy().changed == []


def test_name_that_is_not_the_certificates(shared: Docked) -> None:
    conninfo = (f"host={shared.container} user=appuser dbname=appdb sslmode=verify-full "
                "sslrootcert=/run/secrets/ca.crt")  # fmt: skip
    with pytest.raises(AssertionError, match="does not match host name"):
        in_container(shared, APP, "app", f'psql -w "{conninfo}" -c "SELECT 1"')


def test_what_is_edited_or_too_much(shared: Docked) -> None:
    folder = f"{shared.place}/secrets"
    shared.machine.sh(f"echo other > {folder}/app/postgres_app_user_pw; touch {folder}/app/more; "
                      f"chmod 0644 {folder}/temporal/ca.crt")  # fmt: skip
    shown = shared.shown()
    for line in ("write app/postgres_app_user_pw", "delete app/more", "write temporal/ca.crt"):
        assert line in shown
    assert shared.deploy().changed == [SHARE]
    assert shared.deploy().changed == []


def test_container_that_has_none_anymore(shared: Docked) -> None:
    shared.inventory(app_uid=APP)
    assert shared.deploy().changed == [SHARE]
    assert shared.machine.sh(f"ls {shared.place}/secrets") == "app"
    shared.inventory(app_uid=APP, temporal_uid=TEMPORAL)
    shared.deploy()


def test_other_runtimes_have_none(shared: Docked) -> None:
    shared.inventory(runtime="package", app_uid=APP)
    assert "app_uid: needs runtime = 'docker'; make bundle" in shared.refused()
    shared.inventory(app_uid=APP, temporal_uid=TEMPORAL)


@pytest.fixture(scope="module")
def application(shared: Docked, docker_machine: DockerMachine, tmp_path_factory: Factory) -> str:
    """examples/compose-app at work on the host, as its README has it: its container's name."""
    build, start = [block.text for block in blocks(README) if block.language == "sh"]
    folder = tmp_path_factory.mktemp("application") / EXAMPLE.name
    shutil.copytree(EXAMPLE, folder)
    build = build.replace("../..", str(ROOT))
    build = build.replace("docker build", f"docker build --build-arg BASE={python()}")
    done = subprocess.run(["sh", "-ec", build], check=False, cwd=folder, capture_output=True,
                          text=True, env={**os.environ, "DOCKER_BUILDKIT": "0"})  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    docker_machine.load(EXAMPLE.name)
    docker_machine.sh("mkdir /srv/shop")
    compose = (folder / "compose.yaml").read_bytes()
    docker_machine.put(compose, "cat > /srv/shop/compose.yaml")
    start = start.replace("ENVIRONMENT=prod", f"ENVIRONMENT={shared.environment}")
    docker_machine.sh(f"cd /srv/shop && {start}")
    return "shop-app-1"


def python() -> str:
    """An image's name."""
    source = engine.image("trixie", bare=True)
    name = f"howdah-test:python-{hashlib.sha256(f'{source}{PYTHON}'.encode()).hexdigest()[:8]}"
    certificates = os.environ.get("PIP_CERT", "/dev/null")
    with engine.alone():
        if not docker("images", "-q", name):
            engine.run_and_commit(source, PYTHON, f"{name}-first")
            text = f"FROM {name}-first\nENV PIP_CERT=/index.crt\nCOPY index.crt /\n"
            with tempfile.TemporaryDirectory() as folder:
                shutil.copyfile(certificates, Path(folder, "index.crt"))
                Path(folder, "Dockerfile").write_text(text)
                docker("build", "-q", "-t", name, folder)
    return name


def said(docked: Docked, application: str) -> str:
    """The last line of its stdout."""
    return docked.machine.sh(f"docker logs {application} 2> /dev/null | tail -n 1")


@pytest.mark.all
def test_application_sees_a_rotated_password(shared: Docked, application: str) -> None:
    """By its next connection, without a restart."""
    until(lambda: said(shared, application) == "0 users")
    file = shared.secrets / "postgres_app_user_pw"
    before = file.read_text()
    file.write_text("a password that is rotated\n")
    assert SHARE in shared.deploy().changed
    until(lambda: said(shared, application) == "0 users")
    with pytest.raises(AssertionError, match="password authentication failed"):
        in_container(shared, APP, "app", f"PGPASSWORD={before.strip()} {PSQL} -c 'SELECT 1'")
    assert shared.machine.sh(f"docker inspect -f '{{{{.RestartCount}}}}' {application}") == "0"


@pytest.mark.all
def test_no_secret_leaves_its_place(shared: Docked, application: str) -> None:
    """Also where applications have theirs: nothing that the engine knows, no process, no log."""
    machine = shared.machine
    seen = [
        machine.sh(f"docker inspect {shared.container} {application}"),
        machine.sh(f"docker logs {shared.container} 2>&1; docker logs {application} 2>&1"),
        machine.sh("cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'"),
        machine.sh(f"cat {shared.place}/compose.yaml /srv/shop/compose.yaml {shared.place}/log/*"),
        machine.sh("docker history --no-trunc compose-app; journalctl"),
    ]
    for role in ("appuser", "backupuser", "temporaluser"):
        password = shared.password(role)
        assert not any(password in text for text in seen)


@pytest.mark.all
def test_network_that_an_application_is_on(shared: Docked, application: str) -> None:
    """compose down by hand leaves it; the next deploy starts the server in it."""
    shared.machine.run(f"cd {shared.place} && docker compose down")
    until(lambda: "not available" in said(shared, application))
    assert shared.deploy().changed == ["Load the configuration"]
    until(lambda: said(shared, application) == "0 users")
