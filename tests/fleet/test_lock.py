"""F14: two deploys of a host at once, and one that is not heard of any more."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fleet.engine import docker
from tests.fleet.single import Single
from tests.server import refusals
from tests.server.checkout import OBSERVED
from tests.server.test_at_once import ended

TAKEN = (
    r"another deploy is at work on \S+: \S+@\S+ \(process \d+\) since .* UTC; run this one again"
)
LOST = r"the lock of \S+ is lost: it heard nothing from here for 30 s; run this again"
TCP = '"TCP_{}": {}'
HASTE = {
    "lock.py": {"WAIT = 5": "WAIT = 1", "BEAT = 10": "BEAT = 1", "SILENCE = 60": "SILENCE = 30"},
    "connection.py": {TCP.format(name, was): TCP.format(name, now) for name, was, now in (
        ("KEEPIDLE", "20", "1"), ("KEEPINTVL", "10", "1"), ("USER_TIMEOUT", "60_000", "3_000"),
    )},
}  # fmt: skip


def whole(single: Single) -> None:
    """One release is in force, loaded and proven."""
    assert single.link("current") == single.link("good") == single.ask("SHOW howdah.release")
    refusals.holds(single)


@pytest.mark.all
def test_two_at_once(converged: Single) -> None:
    """One waits, or leaves and says for whom; never half a state."""
    for number in (100, 102):
        converged.ask("ALTER ROLE appuser CREATEDB")
        values = [f"{number}ms", f"{number + 1}ms"]
        runs = ended(*(converged.start("--data", f"lock_timeout={value}") for value in values))
        for code, output in runs:
            assert code == 0 or re.search(TAKEN, output.replace("\n        ", " ")), output
        done = [value for value, (code, _) in zip(values, runs, strict=True) if code == 0]
        assert converged.ask("SHOW lock_timeout") in done
        whole(converged)


def test_two_first_runs_at_once(fresh: Single) -> None:
    runs = ended(fresh.start(), fresh.start())
    assert 0 in [code for code, _ in runs]
    for code, output in runs:
        assert code == 0 or re.search(TAKEN, output.replace("\n        ", " ")), output
    refusals.converges(fresh)


# -- Not heard of any more -------------------------------------------------------------------


@pytest.fixture(scope="module")
def hasty(single: Single) -> Single:
    """Half a minute in place of one: the next run must come to the lock within it."""
    for name, changes in HASTE.items():
        path = single.folder / "deploys" / name
        text = path.read_text()
        for was, now in changes.items():
            assert was in text
            text = text.replace(was, now)
        path.write_text(text)
    return single


def is_free(single: Single) -> bool:
    lock = f"/run/howdah/{single.version}-main.lock"
    return single.machine.run(f"flock -n {lock} true").returncode == 0


def until_free(single: Single) -> None:
    latest = time.monotonic() + 90
    while not is_free(single):
        assert time.monotonic() < latest


@contextmanager
def stopped(single: Single, after: int, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A deploy that stops after the n-th command, as when a laptop is closed."""
    report = single.folder / ".stopped"
    inventory = f"inventories/{single.environment}.py"
    command: list[str | Path] = [single.python, OBSERVED, report]
    command += ["-y", *words, inventory, "deploy.py"]
    env = {**os.environ, "HOWDAH_AFTER": f"{after}:kill -STOP $PPID"}
    with subprocess.Popen(command, cwd=single.folder, env=env, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as run:  # fmt: skip
        while Path(f"/proc/{run.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
            assert run.poll() is None
            time.sleep(0.02)
        try:
            yield run
        finally:
            run.send_signal(signal.SIGCONT)


@pytest.mark.all
@pytest.mark.parametrize("after", range(3, 8))
def test_stopped_controller(hasty: Single, after: int) -> None:
    """Its lock is free after a while, and it changes nothing more when it goes on."""
    first, second = f"{after}01ms", f"{after}02ms"
    with stopped(hasty, after, "--data", f"lock_timeout={first}") as run:
        said = hasty.refused_in_one_line("--data", f"lock_timeout={second}")
        assert re.search(TAKEN, said)
        until_free(hasty)
        hasty.deploy("--data", f"lock_timeout={second}")
        before = hasty.machine.sh(f"cd {hasty.etc} && stat -c '%n %Y' r-* current good last")
        run.send_signal(signal.SIGCONT)
        output = run.communicate(timeout=60)[0]
    assert run.returncode != 0
    assert "Traceback" not in output
    assert re.search(LOST, output.replace("\n        ", " ")), output
    assert hasty.machine.sh(f"cd {hasty.etc} && stat -c '%n %Y' r-* current good last") == before
    assert hasty.ask("SHOW lock_timeout") == second
    whole(hasty)


@pytest.mark.all
@pytest.mark.parametrize("after", [2, 3, 5])
def test_partition(hasty: Single, after: int) -> None:
    """Both ends notice it: the run fails in a line, and the host is free for the next one."""
    network = docker("inspect", "-f", "{{range $k, $v := .NetworkSettings.Networks}}{{$k}}{{end}}",
                     hasty.machine.name)  # fmt: skip
    hasty.inventory(work_mem=f"{after}MB")
    cut = f"{after}:docker network disconnect {network} {hasty.machine.name}"
    try:
        said = hasty.refused(env={"HOWDAH_AFTER": cut})
        assert "the connection to the host is lost" in said.replace("\n        ", " ")
        until_free(hasty)
    finally:
        docker("network", "connect", "--ip", hasty.machine.address, network, hasty.machine.name)
    refusals.converges(hasty)
