"""Ansible, from PyPI, in a virtual environment of its own."""

import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.given import Given
from benchmarks.measure import LONGEST
from tests.fleet.fleet import Fleet

FOLDER = Path(__file__).parent / "ansible"
INVENTORY = "{name} ansible_host={address} ansible_user=root ansible_ssh_private_key_file={key} " \
            "ansible_ssh_common_args='-o UserKnownHostsFile={known}'\n"  # fmt: skip


@contextmanager
def ansible(folder: Path) -> Iterator["Ansible"]:
    """Without the connections that it keeps, at the end."""
    made = Ansible(folder / "ansible")
    try:
        yield made
    finally:
        made.hang_up()


class Ansible:
    """All that it makes lies in the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._bin = folder, folder / "venv" / "bin"
        venv.create(folder / "venv", with_pip=True)
        self._run(self._bin / "pip", "install", "-q", "--disable-pip-version-check", "ansible")

    @property
    def version(self) -> str:
        return self._run(self._bin / "ansible", "--version").splitlines()[0]

    def play(self, playbook: str, fleet: Fleet, given: Given, key: Path) -> str:
        """What it prints."""
        machine, inventory = fleet.machines[0], self._folder / "hosts"
        inventory.write_text(INVENTORY.format(name=machine.name, address=machine.address, key=key,
                                              known=fleet.known_hosts))  # fmt: skip
        extra = f"given={given.folder}"
        return self._run(self._bin / "ansible-playbook", "-i", inventory, "-e", extra, playbook)

    def hang_up(self) -> None:
        """Ends the connections that it keeps."""
        for path in (self._folder / "home" / "cp").glob("*"):
            command = ["ssh", "-O", "exit", "-o", f"ControlPath={path}", "any"]
            subprocess.run(command, check=False, capture_output=True, timeout=10)

    def _run(self, *command: str | Path) -> str:
        env = {**os.environ, "ANSIBLE_HOME": str(self._folder / "home")}
        done = subprocess.run(command, cwd=FOLDER, env=env, check=False, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, timeout=LONGEST)  # fmt: skip
        if done.returncode:
            sys.exit(f"{done.stdout}{done.stderr}"[-4000:])
        return done.stdout
