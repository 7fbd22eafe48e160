"""A bare host whose first run breaks off in the middle of apt-get: the next one installs."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.fleet.single import Single
from tests.server import refusals

# Begins of command lines: apt-get's children, not the shell whose script has the same words.
UNPACKS, CONFIGURES = "^[^ ]*dpkg .*--unpack", "^[^ ]*dpkg .*--configure (--pending|-a)"

PENDING = "^[^ ]*dpkg .*--configure --pending"  # apt-get's, and not that before it


@contextmanager
def until(single: Single, what: str) -> Iterator[subprocess.Popen[str]]:
    """A deploy that goes on, and has come to that."""
    with single.start() as run:
        latest = time.monotonic() + 120
        while single.machine.run(f"pgrep -f '{what}'").returncode:
            assert run.poll() is None, run.communicate()[0]
            assert time.monotonic() < latest
            time.sleep(0.05)
        yield run


def said(run: subprocess.Popen[str]) -> str:
    """What a run that must fail said."""
    output = run.communicate(timeout=120)[0]
    assert run.returncode != 0
    assert "Traceback" not in output
    return output.replace("\n        ", " ")


def kill_dpkg(single: Single, what: str, seconds: float) -> None:
    time.sleep(seconds)
    single.machine.sh(f"timeout 60 sh -c 'until pkill -KILL -f \"$0\"; do :; done' '{what}'")


@pytest.mark.all
def test_broken_off_again_and_again(bare: Single) -> None:
    """F1, F3: the power is cut, dpkg is killed, what is unpacked alone is not taken for all."""
    with until(bare, UNPACKS) as run:
        time.sleep(0.5)
        bare.machine.cut_power()
        assert "is the host still there? run this again" in said(run)
    bare.machine.start()
    with until(bare, UNPACKS) as run:
        kill_dpkg(bare, UNPACKS, 0.3)
        assert "could not install PostgreSQL: E: Sub-process /usr/bin/dpkg" in said(run)
    with until(bare, PENDING) as run:
        kill_dpkg(bare, PENDING, 0)
        assert "could not install PostgreSQL: E: Sub-process /usr/bin/dpkg" in said(run)
    assert "apt-get install postgresql-" in bare.shown()
    with until(bare, CONFIGURES) as run:
        run.kill()
    refusals.converges(bare)  # it waits for what is at work
    assert bare.machine.sh("dpkg --audit") == ""


@pytest.mark.all
@pytest.mark.parametrize("what", ["^[^ ]*apt-get .*update", UNPACKS, CONFIGURES])
@pytest.mark.parametrize("who", ["controller", "power"])
def test_broken_off(bare: Single, who: str, what: str) -> None:
    """F1, F3."""
    with until(bare, what) as run:
        if who == "power":
            bare.machine.cut_power()
        run.kill()
    bare.machine.start()
    refusals.converges(bare)
