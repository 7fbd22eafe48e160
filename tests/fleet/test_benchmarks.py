"""The benchmarks of hosts run and print their tables, in one round: their numbers say nothing."""

import re
import subprocess

import pytest

from tests.fleet import engine
from tests.server.checkout import ROOT

ROWS = ("fresh host, Debian 13", "converged, 100 ms away", "ten hosts, converged", "converged",
        "converged, in Docker",
        "one host verified", "four hosts verified")  # fmt: skip
OF_BACKUPS = ("full backup", "restore, beside cp -a", "drill, beside a restore",
              "converged, beside none", "seconds for 1000 transactions")  # fmt: skip


@pytest.mark.all
def test_benchmark_of_backups() -> None:
    engine.require()
    words = ("ROUNDS=1", "SCALE=1", "SECONDS=1")
    done = subprocess.run(["make", "bench-backups", *words], cwd=ROOT, capture_output=True,
                          text=True, check=False, timeout=1800)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for row in OF_BACKUPS:
        assert re.search(rf"^{row} +\d", done.stdout, flags=re.MULTILINE), done.stdout


@pytest.mark.all
def test_benchmark_of_hosts() -> None:
    """It ends with an error where Ansible, or the floor, has done something else than a deploy."""
    engine.require()
    done = subprocess.run(["make", "bench-fleet", "ROUNDS=1"], cwd=ROOT, capture_output=True,
                          text=True, check=False, timeout=3600)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for row in ROWS:
        assert re.search(rf"^{row} +\d", done.stdout, flags=re.MULTILINE), done.stdout
