"""A Docker engine, and images of real Debian hosts: systemd as PID 1, reached over SSH."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SUITES = {"bookworm": 15, "trixie": 17}  # and the PostgreSQL that each has
# What is long is tried on one of them, and by `make test-all` on both.
BOTH = ["trixie", pytest.param("bookworm", marks=pytest.mark.all)]
PACKAGES = ("systemd", "systemd-sysv", "dbus", "openssh-server", "sudo", "iproute2",
            "ca-certificates", "procps")  # fmt: skip
# What a host needs to be a host; the last line lets many connect at once.
SET_UP = """
set -e
echo 'MaxStartups 500:30:1000' > /etc/ssh/sshd_config.d/howdah.conf
useradd -m -s /bin/sh ops
echo 'ops ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/ops
useradd -m -s /bin/sh asked
echo 'asked ALL=(ALL) ALL' > /etc/sudoers.d/asked
"""
# As a deploy leaves it, without a cluster: most tests need not wait for apt.
INSTALL = """
set -e
mkdir -p /etc/postgresql-common/createcluster.d
echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.d/howdah.conf
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    postgresql-{version} postgresql-{version}-pgaudit
"""
CAPABILITIES = ("SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE", "MKNOD")
INOTIFY, INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances"), 1024
LOCK, LOG = (Path(f"/var/tmp/howdah-test-engine.{kind}") for kind in ("lock", "log"))


def docker(*words: str, check: bool = True, stdin: bytes | None = None) -> str:
    """docker's stdout, stripped."""
    done = subprocess.run(["docker", *words], check=False, capture_output=True, input=stdin)
    assert done.returncode == 0 or not check, f"docker {' '.join(words)}: {done.stderr.decode()}"
    return done.stdout.decode().strip()


def answers() -> bool:
    """By the engine's own version: of any other template a client alone prints its part."""
    version = ("version", "-f", "{{.Server.Version}}")
    return bool(shutil.which("docker") and docker(*version, check=False))


def require() -> None:
    """An engine that runs. In CI, which says HOWDAH_TEST_ENGINE=1, it is started."""
    with alone():
        _make_room()
        if not answers() and os.environ.get("HOWDAH_TEST_ENGINE"):
            with LOG.open("w") as log:
                subprocess.run(["setsid", "-f", "dockerd"], check=True, stdout=log, stderr=log)
            until = time.monotonic() + 60
            while not answers() and time.monotonic() < until:
                time.sleep(0.5)
    if not answers():
        if os.environ.get("HOWDAH_TEST_ENGINE"):
            pytest.fail(f"HOWDAH_TEST_ENGINE is set, and no Docker engine answers; see {LOG}")
        pytest.skip("NO REAL HOSTS WERE TRIED: there is no Docker engine")


def _make_room() -> None:
    """Each host's systemd takes some of what a user may have: Linux gives 128."""
    if os.geteuid() == 0 and int(INOTIFY.read_text()) < INSTANCES:
        INOTIFY.write_text(f"{INSTANCES}\n")


@contextmanager
def alone() -> Iterator[None]:
    """Images are made once, by whoever of pytest's workers comes first."""
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def image(suite: str, *, bare: bool = False) -> str:
    """The image's name. ``bare``: without PostgreSQL's packages."""
    install = INSTALL.format(version=SUITES[suite])
    recipe = hashlib.sha256(f"{PACKAGES}{SET_UP}{install}".encode()).hexdigest()[:8]
    base, full = f"howdah-test:{suite}-{recipe}", f"howdah-test:{suite}-{recipe}-postgresql"
    with alone():
        if not docker("images", "-q", base):
            _base(suite, base)
        if not bare and not docker("images", "-q", full):
            run_and_commit(base, install, full)
    return base if bare else full


def _base(suite: str, name: str) -> None:
    """From Docker's own debian image where a registry answers, else from Debian's packages."""
    first = f"{name}-first"
    if subprocess.run(["docker", "pull", "-q", f"debian:{suite}"], check=False,
                      capture_output=True, timeout=120).returncode == 0:  # fmt: skip
        install = "DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends"
        script = f"apt-get update -q && {install} {' '.join(PACKAGES)}"
        run_and_commit(f"debian:{suite}", script, first)
    else:
        tar = subprocess.run(["mmdebstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}",
                              suite, "-"], check=True, capture_output=True).stdout  # fmt: skip
        docker("import", "-", first, stdin=tar)
    run_and_commit(first, SET_UP, name)


def run_and_commit(source: str, script: str, name: str) -> None:
    made = docker("run", "-d", source, "sh", "-c", script)
    try:
        assert docker("wait", made) == "0", docker("logs", made)
        docker("commit", made, name)
    finally:
        docker("rm", "-f", made)
