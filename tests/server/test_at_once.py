"""F14: two deploys at once. One waits or leaves, and says for whom; never half a state."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.server.checkout import Checkout

ROUNDS = 20
TAKEN = r"another deploy is at work on @local: \S+@\S+ \(process \d+\) since \d{4}-\d\d-\d\d .* UTC"


def ended(*runs: subprocess.Popen[str]) -> list[tuple[int, str]]:
    outputs = [run.communicate(timeout=120)[0] for run in runs]
    assert not any("Traceback" in output for output in outputs), outputs
    return [(run.returncode, output) for run, output in zip(runs, outputs, strict=True)]


def whole(checkout: Checkout) -> None:
    """One release is in force, loaded and proven, and clients are served."""
    assert checkout.link("current") == checkout.link("good")
    assert checkout.ask("SHOW howdah.release") == checkout.link("current")
    assert checkout.login("appuser", "appdb").returncode == 0


@pytest.mark.all
def test_two_at_once(converged: Checkout) -> None:
    for number in range(100, 100 + 2 * ROUNDS, 2):
        converged.ask("ALTER ROLE appuser CREATEDB")
        values = [f"{number}ms", f"{number + 1}ms"]
        runs = ended(*(converged.start("--data", f"lock_timeout={value}") for value in values))
        for code, output in runs:
            assert code == 0 or re.search(TAKEN, output), output
        done = [value for value, (code, _) in zip(values, runs, strict=True) if code == 0]
        assert converged.ask("SHOW lock_timeout") in done
        createdb = "SELECT rolcreatedb FROM pg_roles WHERE rolname = 'appuser'"
        assert converged.ask(createdb) == "f"
        whole(converged)


def test_two_first_runs_at_once(bare: Checkout) -> None:
    """The store has one writer, the host one deploy."""
    runs = ended(bare.start(), bare.start())
    assert 0 in [code for code, _ in runs]
    for code, output in runs:
        assert code == 0 or re.search(TAKEN, output), output
    whole(bare)
    assert bare.deploy().changed == []


@contextmanager
def locked(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Somebody has the lock of that file."""
    script = 'exec 9>>"$1"; flock 9; echo; exec sleep 60'
    with subprocess.Popen(["sh", "-c", script, "sh", str(path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        yield holder
        holder.kill()


def test_lock_of_the_host(converged: Checkout) -> None:
    """Who has nothing to change does without; kill -9 of the holder frees it."""
    lock = converged.home.with_name(f".{converged.environment}.lock")
    known = lock.read_text()
    with locked(lock) as holder:
        assert converged.deploy().changed == []
        converged.inventory(lock_timeout="3s")
        assert f"another deploy is at work: {known.strip()}" in converged.shown()
        assert f"another deploy is at work on @local: {known.strip()}" in converged.refused()
        holder.kill()
        holder.wait()
        converged.deploy()
    assert converged.ask("SHOW lock_timeout") == "3s"
    assert lock.read_text() != known


def test_dry_run_takes_no_lock(bare: Checkout) -> None:
    bare.shown()
    assert not bare.home.with_name(f".{bare.environment}.lock").exists()
    assert list(bare.secrets.parent.glob(".*.lock")) == []


def test_lock_of_the_store(bare: Checkout) -> None:
    """Its file is never in the way."""
    lock = bare.secrets.with_name(f".{bare.environment}.lock")
    lock.write_text("ada@build (process 1) since yesterday")
    with locked(lock):
        run = bare.start()
        with pytest.raises(subprocess.TimeoutExpired):
            run.wait(timeout=4)
        assert not bare.secrets.exists()
    assert ended(run)[0][0] == 0
