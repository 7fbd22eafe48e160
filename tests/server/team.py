"""A team's folder beside a checkout, as `make new` writes it."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from typing_extensions import override

from tests.server.checkout import ROOT, Checkout

# Not what the make that runs the tests was given.
LATER = 2**32
UNSAID = {"MAKEFLAGS": "", "MAKELEVEL": "0", "ARGS": "", "ENV": "", "YES": "", "TEAM": ""}


class Team(Checkout):
    """Deploys from its folder with the files of its checkout. Removed with what it deployed."""

    def __init__(self, checkout: Checkout, name: str = "acme") -> None:
        self.checkout = checkout
        self.user, self.python, self.port = checkout.user, checkout.python, checkout.port
        self.environment = checkout.environment
        self.folder = checkout.folder.parent / name
        if self.user:
            shutil.chown(self.folder.parent, self.user)
        link_venv(checkout.folder)
        self.said = self.new(f"../{name}")
        assert self.said.returncode == 0, self.said.stderr
        self.inventory()

    def new(self, folder: str) -> "subprocess.CompletedProcess[str]":
        """`make new` in the checkout."""
        return self.checkout.run(["make", "new", f"TEAM={folder}"], env=UNSAID)

    @override
    def inventory(self, **knobs: object) -> None:
        super().inventory(**knobs)
        if self.user:
            shutil.chown(self.folder / "inventories" / f"{self.environment}.py", self.user)

    @override
    def verify(self, *words: str) -> "subprocess.CompletedProcess[str]":
        checkout = self.checkout.folder
        command = [str(self.python), "-m", "pytest", "-vv", "-c", f"{checkout}/pyproject.toml"]
        own = ["-o", f"cache_dir={self.folder}/.pytest_cache", f"{checkout}/verify"]
        inventory = f"--inventory=inventories/{self.environment}.py"
        env = {"PYTEST_ADDOPTS": "", "PYTHONPATH": str(checkout)}
        return self.run([*command, *own, inventory, *words], env=env)

    def make(self, *words: str, env: Mapping[str, str] | None = None) -> str:
        """In the team's folder: what it printed."""
        command = ["make", f"ENV={self.environment}", *words]
        done = self.run(command, env={**UNSAID, **(env or {})})
        return done.stdout + done.stderr


def link_venv(checkout: Path) -> None:
    """The virtual environment that runs the tests, as the checkout's own, and up to date."""
    own = checkout / ".venv"
    own.mkdir(exist_ok=True)
    for path in (ROOT / ".venv").iterdir():
        link = own / path.name
        if path.name != ".made" and not link.exists():
            link.symlink_to(path)
    made = own / ".made"
    made.touch()
    os.utime(made, (LATER, LATER))  # than requirements.txt, whatever is pulled
