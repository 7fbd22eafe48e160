"""The README's first commands on a bare Debian, with nothing but its line of apt."""

import io
import os
import re
import shlex
import tarfile
from pathlib import Path

import pytest

from tests.fleet.machine import Machine
from tests.fleet.single import Single
from tests.server.checkout import ROOT, files_of_checkout

pytestmark = pytest.mark.all
CERTIFICATES = "/etc/ssl/certs/index.crt"
FOLDER = "howdah"


def apt_line() -> str:
    """As the README has it, for a script: nobody is there to answer."""
    line = re.search(r"^ +(apt-get install .*)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert line
    return line[1].replace("install", "install -y -q")


def clone(machine: Machine, user: str) -> None:
    """This checkout, as git would have it, in the user's home."""
    with tarfile.open(fileobj=(archive := io.BytesIO()), mode="w") as tar:
        for name in files_of_checkout():
            tar.add(ROOT / name, f"{FOLDER}/{name}")
    machine.put(archive.getvalue(), f"tar -x -C ~{user} --no-same-owner")
    machine.sh(f"chown -R {user}: ~{user}/{FOLDER}")
    own = "git init -q && git add -A && git -c user.name=a -c user.email=a@example.com"
    as_user(machine, user, f"{own} commit -q -m clone")


def trust_the_index(machine: Machine) -> str:
    """Where this machine's pip has a CA of its own, theirs has it too: assignments for a shell."""
    certificates = os.environ.get("PIP_CERT")
    if not certificates:
        return ""
    machine.put(Path(certificates).read_bytes(), f"cat > {CERTIFICATES}")
    return f"export PIP_CERT={CERTIFICATES} PIP_DEFAULT_TIMEOUT=180; "


def as_user(machine: Machine, user: str, script: str) -> str:
    inside = f"cd ~/{FOLDER} && {script}"
    return machine.sh(f"runuser -l {user} -c {shlex.quote(inside)} 2>&1")


@pytest.mark.parametrize("user", ["root", "asked"])
def test_the_first_command_deploys(bare: Single, user: str) -> None:
    """And the second time it changes nothing; and what the tests need is there."""
    machine = bare.machine
    machine.sh(f"export DEBIAN_FRONTEND=noninteractive; apt-get update -q && {apt_line()}")
    clone(machine, user)
    index = trust_the_index(machine)
    assert "Connect to @local" in as_user(machine, user, f"{index}make deploy")
    assert "[@local] no changes" in as_user(machine, user, "make deploy")
    as_user(machine, user, "make dry")
    as_user(machine, user, "make lint")
    as_user(machine, user, ".venv/bin/python -m pytest -q tests/unit tests/server/test_local.py")
    as_user(machine, user, "make destroy YES=1")
    assert as_user(machine, user, "git status --porcelain") == ""
