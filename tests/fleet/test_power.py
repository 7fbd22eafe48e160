"""The host goes down, by a reboot or by a power cut, and comes back."""

import re

import pytest

from tests.fleet.engine import docker
from tests.fleet.single import Single
from tests.fleet.test_killed_first_run import CHANGING
from tests.server import refusals
from tests.server.checkout import Run

LOST = "the connection to the host is lost; run this again"


def cut_off(single: Single, after: int, seconds: float = 0) -> Run:
    """A deploy whose host loses its power; it has it again when this returns."""
    kill = f"docker kill {single.machine.name}"
    words = f"(sleep {seconds}; {kill}) > /dev/null 2>&1 &" if seconds else kill
    run = single.pyinfra("-y", "deploy.py", env={"HOWDAH_AFTER": f"{after}:{words}"})
    if len(run.commands) >= after:
        docker("wait", single.machine.name)
    single.machine.start()
    assert "Traceback" not in run.output, run.output
    if run.code:
        said = re.search(r"(?s)Summary:.* failed: (.*)", run.output.replace("\n        ", " "))
        assert said
        assert seconds or LOST in said[1], run.output  # a host that goes down may still say why
    return run


@pytest.mark.all
@pytest.mark.parametrize("seconds", [0, 0.4])
def test_power_cut_again_and_again(fresh: Single, seconds: float) -> None:
    """F1, F3: after each command that a first run has, or while the next is at work."""
    after = 1
    while cut_off(fresh, after, seconds).code:
        after += 1
    assert after > 5
    refusals.converges(fresh)


@pytest.mark.all
@pytest.mark.parametrize("seconds", [0, 0.2])
@pytest.mark.parametrize("after", CHANGING)
def test_power_cut(fresh: Single, after: int, seconds: float) -> None:
    """F1, F3."""
    cut_off(fresh, after - bool(seconds), seconds)
    refusals.converges(fresh)


def test_power_cut_during_a_change(converged: Single) -> None:
    """F3: after the swap, and before what it has put in force is proven."""
    converged.inventory(work_mem="6MB")
    assert cut_off(converged, 6).code
    assert converged.ask("SHOW work_mem") == "6MB"
    assert converged.dry().changed == ["Prove that every role can log in"]
    refusals.converges(converged)


def test_reboot(converged: Single) -> None:
    """F3: the server comes up by itself, and there is nothing to do."""
    release = converged.link("current")
    assert converged.machine.sh("ls /run/howdah")
    converged.machine.reboot()
    assert converged.machine.sh(f"systemctl is-active {converged.unit}") == "active"
    assert converged.ask("SHOW howdah.release") == release
    assert converged.machine.run("ls /run/howdah").returncode != 0
    run = converged.deploy()
    assert (run.changed, len(run.commands)) == ([], 2)
    refusals.holds(converged)


def test_reboot_applies_what_waits(converged: Single) -> None:
    """F3, F30."""
    converged.inventory(max_connections=120)
    converged.deploy()
    assert converged.waits == ["max_connections", "max_locks_per_transaction"]
    assert converged.ask("SHOW max_connections") == "100"
    converged.machine.reboot()
    assert converged.ask("SHOW max_connections") == "120"
    assert converged.deploy().changed == []
    assert converged.waits == []
