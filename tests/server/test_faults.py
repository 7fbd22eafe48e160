"""Faults of a host: put right by one run, or refused in a line, with all data still there.

F and a number: a fault of the list that a deploy has to survive. Other files have others of it.
"""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.matrix import sampled
from tests.server import refusals
from tests.server.checkout import AS_HOWDAH, Checkout

# What pg_isready says.
REJECTED, NO_ANSWER = 1, 2

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


# -- initdb half done ----------------------------------------------------------------------


def processes_with(path: Path) -> dict[int, str]:
    """Whoever has the path in an argument: pid, program."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_text().split("\0")
        except OSError:
            continue
        if any(str(path) in word for word in words):
            found[int(folder.name)] = words[0]
    return found


def appears(path: Path) -> None:
    """Waits for a file or a folder, for a minute at most."""
    until = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < until, f"there was no {path}"
        time.sleep(0.005)


def initdb(checkout: Checkout) -> int:
    """Its pid, as soon as it is there; not that of the canary's, nor of a shell around it."""
    appears(checkout.home / "data.new")
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for pid, program in processes_with(checkout.home / "data.new").items():
            if program.endswith("/initdb"):
                return pid
    raise AssertionError("there was no initdb")


@pytest.mark.parametrize("when", sampled([(0.15,), (0.05, 0.15, 0.25)], [(0.15,)]))
def test_killed_initdb_is_begun_anew(bare: Checkout, when: Sequence[float]) -> None:
    """F2."""
    for seconds in when:
        with bare.start() as run:
            pid = initdb(bare)
            time.sleep(seconds)
            os.kill(pid, signal.SIGKILL)
            said = run.communicate(timeout=60)[0]
        assert "could not make the data directory" in said
        assert "Traceback" not in said
        assert run.returncode != 0
        assert not (bare.home / "data").exists()
        assert "Initialise the data directory" in bare.dry().changed
    refusals.converges(bare)
    assert not (bare.home / "data.new").exists()


@pytest.mark.all
@pytest.mark.parametrize("when", sampled([(0,), (0, 0.1, 0.2)], [(0,)]))
def test_power_cut_during_initdb(bare: Checkout, when: Sequence[float]) -> None:
    """F2. Nobody is left who could finish it, and PG_VERSION is there."""
    for seconds in when:
        with bare.start() as run:
            initdb(bare)
            appears(bare.home / "data.new" / "PG_VERSION")
            time.sleep(seconds)
            for pid in (run.pid, *processes_with(bare.home / "data.new")):
                with suppress(ProcessLookupError):  # one's end may be another's
                    os.kill(pid, signal.SIGKILL)
        assert not (bare.home / "data").exists()
        assert (bare.home / "data.new" / "PG_VERSION").exists()
        assert "Initialise the data directory" in bare.dry().changed
    refusals.converges(bare)
    assert not (bare.home / "data.new").exists()


@pytest.mark.parametrize("seconds", sampled([0.05, 0.15, 0.35], [0.15]))
def test_controller_killed_during_initdb(bare: Checkout, seconds: float) -> None:
    """F2. initdb goes on to its end, and the next run waits for it."""
    with bare.start() as run:
        initdb(bare)
        time.sleep(seconds)
        run.kill()
    refusals.converges(bare)


# -- Data that are there ---------------------------------------------------------------------


def stop(checkout: Checkout) -> None:
    os.kill(checkout.pid, signal.SIGINT)
    until = time.monotonic() + 60
    while checkout.pid_file.exists():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.fixture
def with_data(converged: Checkout) -> Iterator[Checkout]:
    """A table, which must be there whatever the test has done."""
    converged.ask("DROP TABLE IF EXISTS public.kept")
    converged.ask("CREATE TABLE public.kept AS SELECT 42 AS answer")
    yield converged
    converged.deploy()
    assert converged.ask("SELECT answer FROM public.kept") == "42"
    converged.ask("DROP TABLE public.kept")


def lose(checkout: Checkout, pattern: str) -> None:
    for path in list(checkout.home.glob(pattern)):
        if path.name != "data":
            path.unlink() if path.is_symlink() or path.is_file() else shutil.rmtree(path)


@pytest.mark.parametrize("lost", sampled(["etc", "etc/current", "etc/*", "checkout"], ["etc/*"]))
def test_data_survive_what_a_running_server_loses(with_data: Checkout, lost: str) -> None:
    """F2."""
    lose(with_data, lost)
    refusals.converges(with_data)


@pytest.mark.parametrize(
    "lost", sampled(["etc", "checkout", "log", "run", "pgsql-*", "*"], ["etc", "*"])
)
def test_data_survive_what_a_stopped_server_loses(with_data: Checkout, lost: str) -> None:
    """F2."""
    stop(with_data)
    lose(with_data, lost)
    refusals.converges(with_data)


@pytest.mark.parametrize("lost", ["nothing else", "etc"])
def test_data_without_pg_version_are_not_taken_for_none(with_data: Checkout, lost: str) -> None:
    """F2."""
    stop(with_data)
    version = with_data.home / "data" / "PG_VERSION"
    aside = version.rename(version.with_name("aside"))
    lose(with_data, lost)
    said = with_data.refused()
    assert str(version.parent) in said
    aside.rename(version)


def test_data_that_are_not_mounted_are_asked_for(with_data: Checkout) -> None:
    """F2."""
    stop(with_data)
    data = with_data.home / "data"
    aside = data.rename(data.with_name("aside"))
    assert f"{data} is missing, and there was a server: bring it back" in with_data.refused()
    assert not data.exists()
    aside.rename(data)


@as_root
def test_server_that_recovers_is_waited_for(with_data: Checkout) -> None:
    """After a crash, say: a run does not fail because it came a second too early."""
    stop(with_data)
    signal_file = with_data.home / "data" / "recovery.signal"
    signal_file.touch()
    shutil.chown(signal_file, "howdah", "howdah")
    config = f"-c config_file={with_data.home}/etc/current/postgresql.conf"
    slow = "-c hot_standby=off -c restore_command='sleep 0.5; false'"
    start: list[str | Path] = [
        *AS_HOWDAH,
        with_data.bin / "pg_ctl",
        "-D",
        with_data.home / "data",
        "-W",
        "-s",
        "-l",
        "/dev/null",
        "-o",
        f"{config} {slow}",
        "start",
    ]
    subprocess.run(start, check=True, cwd="/")
    ready = [str(with_data.bin / "pg_isready"), "-q", "-h", "127.0.0.1"]
    ready += ["-p", str(with_data.port)]
    while (code := subprocess.run(ready, check=False).returncode) == NO_ANSWER:
        time.sleep(0.02)
    assert code == REJECTED
    assert with_data.deploy().changed == []
    stop(with_data)


# -- A full disk -----------------------------------------------------------------------------


@contextmanager
def small_disk(folder: Path, size: str, kept: Path) -> Iterator[None]:
    """Another file system in a folder's place, with the same in it."""
    subprocess.run(["cp", "-aT", str(folder), str(kept)], check=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    mounted = subprocess.run(words, check=False, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"cannot mount here: {mounted.stderr.strip()}")
    try:
        subprocess.run(["cp", "-aT", str(kept), str(folder)], check=True)
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, free: int) -> Path:
    """A file that leaves so many bytes."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            file.truncate(file.tell() - free)
    return filler


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


NO_SPACE = "(Cannot write: No space left on device|Wrote only 4096 of [0-9]+ bytes)"  # tar's words


@as_root
@pytest.mark.parametrize("free", sampled([0, 4096, 20480], [4096]))
def test_disk_full_while_writing_the_configuration(
    converged: Checkout, tmp_path: Path, free: int
) -> None:
    """F4. What is in force stays there, byte by byte, also for a server that reads it again."""
    etc = converged.home / "etc"
    with small_disk(etc, "128k", tmp_path / "kept"):
        filler, link = fill(etc, free), converged.link("current")
        files, work_mem = contents(etc / "current"), converged.ask("SHOW work_mem")
        converged.inventory(work_mem="9MB")
        said = converged.refused().replace("\n        ", " ")  # the summary wraps
        line = next(line for line in said.splitlines() if "could not" in line)
        assert re.search("could not write release r-[0-9]+: tar: [a-z_.]+: " + NO_SPACE, line)
        assert (converged.link("current"), contents(etc / "current")) == (link, files)
        converged.ask("SELECT pg_reload_conf()")
        assert converged.ask("SELECT count(*) FROM pg_file_settings WHERE error <> ''") == "0"
        assert converged.login("appuser", "appdb", "SHOW work_mem").stdout.strip() == work_mem
        filler.unlink()
        refusals.converges(converged)
        assert converged.ask("SHOW work_mem") == "9MB"


@as_root
@pytest.mark.parametrize("size", sampled(["1m", "12m", "20m"], ["12m"]))
def test_disk_full_while_trying_the_configuration(
    converged: Checkout, tmp_path: Path, size: str
) -> None:
    """F4. The canary needs 25 MB for a moment."""
    canary, link = converged.home / "canary", converged.link("current")
    canary.mkdir()
    with small_disk(canary, size, tmp_path / "kept"):
        converged.inventory(work_mem="9MB")
        said = converged.refused()
        assert not list(canary.iterdir())
    assert converged.link("current") == link
    refusals.converges(converged)
    assert not canary.exists()
    assert re.search("could not use release r-[0-9]+: cp: .*No space left on device", said)
