"""A Debian 13 host with a Docker engine of its own, in a container."""

import hashlib
import subprocess
import time

from typing_extensions import override

from tests.fleet import engine
from tests.fleet.engine import docker
from tests.fleet.machine import Machine

# Compose v2 is Debian's package docker-compose. /proc/sys is read-only in a container: systemd must
# find it so when it boots, for its settings are those of this machine's kernel; the engine, later,
# sets forwarding in the container's own network.
INSTALL = """
set -e
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    docker.io docker-cli docker-compose iptables ca-certificates
apt-get clean
mkdir -p /etc/systemd/system/docker.service.d
cat > /etc/systemd/system/docker.service.d/test.conf << END
[Service]
ExecStartPre=mount -o remount,rw /proc/sys
END
"""


def image() -> str:
    """The image's name: the fleet's bare host, and an engine."""
    source = engine.image("trixie", bare=True)
    recipe = hashlib.sha256(f"{source}{INSTALL}".encode()).hexdigest()[:8]
    name = f"howdah-test:trixie-{recipe}-docker"
    with engine.alone():
        if not docker("images", "-q", name):
            engine.run_and_commit(source, INSTALL, name)
    return name


class DockerMachine(Machine):
    """Its engine runs on a volume, for overlay on overlay is refused; it goes with the host."""

    options = ("-v", "/var/lib/docker")

    @override
    def wait(self) -> None:
        super().wait()
        until = time.monotonic() + 60
        while self.run("docker version").returncode:
            assert time.monotonic() < until, self.run("journalctl -u docker").stdout
            time.sleep(0.2)

    def load(self, image: str) -> None:
        """An image of this machine's engine into the host's, as `docker pull` would have it."""
        with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as save:
            command = ["docker", "exec", "-i", self.name, "docker", "load"]
            load = subprocess.run(command, check=False, stdin=save.stdout, capture_output=True)
        assert save.returncode == 0
        assert load.returncode == 0, load.stderr.decode()
