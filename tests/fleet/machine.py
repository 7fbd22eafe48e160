"""A host: a container that boots systemd, with an address of its own."""

import shlex
import subprocess
import time
from typing import Self

from tests.fleet.engine import CAPABILITIES, docker


class Machine:
    """Reached by SSH as root, ops (sudo) or asked (sudo with a password), with the fleet's key."""

    options: tuple[str, ...] = ()  # more of `docker run`

    def __init__(self, name: str, image: str, network: str, address: str, key: str) -> None:
        self.name, self.address = name, address
        self._made = (name, image, network, address, key)
        capabilities = [f"--cap-add={c}" for c in CAPABILITIES]
        docker("run", "-d", "--name", name, "--hostname", name, "--network", network, "--ip",
               address, *capabilities, "--security-opt", "seccomp=unconfined", "--security-opt",
               "apparmor=unconfined", "--cgroupns=host", "--tmpfs", "/run", "--tmpfs", "/run/lock",
               "-v", "/sys/fs/cgroup:/sys/fs/cgroup:rw", *self.options, image,
               "/sbin/init")  # fmt: skip
        for user in ("root", "ops", "asked"):
            self.sh(f"cd ~{user} && install -d -m 0700 -o {user} .ssh && cd .ssh && "
                    f"echo {shlex.quote(key)} > authorized_keys && chown {user} *")  # fmt: skip
        self.wait()

    def run(self, script: str, *, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """As root."""
        command = ["docker", "exec", "-i", self.name, "sh", "-c", script]
        return subprocess.run(command, check=False, input=stdin, capture_output=True, text=True,
                              errors="replace")  # fmt: skip

    def sh(self, script: str, *, stdin: str = "") -> str:
        """What must succeed: its stdout, stripped."""
        done = self.run(script, stdin=stdin)
        assert done.returncode == 0, f"{script}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def put(self, content: bytes, script: str) -> None:
        """Bytes on the stdin of a script."""
        docker("exec", "-i", self.name, "sh", "-c", script, stdin=content)

    def ask(
        self, sql: str, database: str = "postgres", port: int = 5432, *, pgoptions: str = ""
    ) -> str:
        """As the superuser over the socket."""
        psql = f"psql -XAtq -v ON_ERROR_STOP=1 -p {port} -d {database} -f -"
        become = f"runuser -u postgres -- env PGOPTIONS={shlex.quote(pgoptions)}"
        return self.sh(f"cd / && {become} {psql}", stdin=sql)

    def wait(self) -> None:
        """Until it has booted."""
        until = time.monotonic() + 60
        while self.run("systemctl is-system-running").stdout.strip() not in ("running", "degraded"):
            assert time.monotonic() < until, self.run("systemctl list-units --failed").stdout
            time.sleep(0.2)

    def reboot(self) -> None:
        """In order; `docker restart` sends what systemd takes for something else, and kills."""
        self.run("systemctl poweroff")
        docker("wait", self.name)
        self.start()

    def cut_power(self) -> None:
        docker("kill", self.name)

    def start(self) -> None:
        docker("start", self.name)
        self.wait()

    def again(self) -> Self:
        """A new one in the place of this, which is gone."""
        return type(self)(*self._made)

    def remove(self) -> None:
        docker("rm", "-f", "-v", self.name)
