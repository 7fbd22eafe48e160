"""A document's commands, tried as an operator would: on a host, and where the deploy runs."""

import os
import subprocess

from tests.documents import Block, blocks
from tests.fleet.fleet import Fleet
from tests.server.checkout import ROOT

DOCUMENT = "operations.md"
HOST = "host"  # stands beside the language of a block whose commands are the host's


def steps(heading: str, document: str = DOCUMENT) -> list[Block]:
    """The commands below a heading, in order."""
    found = [b for b in blocks(document) if b.language == "sh" and b.heading == heading]
    assert found, f"no commands below {heading!r}"
    return found


def follow(fleet: Fleet, step: Block, version: str = "17") -> str:
    """Runs a block, with another version in the place of its 17; what it prints."""
    machine = fleet.machines[0]
    if step.file == HOST:
        text = step.text.replace("17", version).replace("prod-main", f"{fleet.environment}-main")
        return machine.sh(f"set -e\n{text}")
    text = step.text.replace("db1", machine.name).replace("prod", fleet.environment)
    return make(fleet, text.replace("/local.py", f"/{fleet.environment}.py"))


def make(fleet: Fleet, text: str) -> str:
    """By the checkout's Makefile, with the virtual environment that runs the tests."""
    venv = fleet.folder / ".venv"
    if not venv.exists():
        venv.symlink_to(ROOT / ".venv")
    given = {**os.environ, "MAKEFLAGS": "", "YES": "1", "COLUMNS": "80",
             "ENV": fleet.environment}  # fmt: skip
    given.pop("ARGS", None)
    done = subprocess.run(["sh", "-eu"], input=text, cwd=fleet.folder, env=given, check=False,
                          capture_output=True, text=True, timeout=300)  # fmt: skip
    assert done.returncode == 0, f"{text}: {done.stdout}{done.stderr}"
    return (done.stdout + done.stderr).replace("\n        ", " ")
