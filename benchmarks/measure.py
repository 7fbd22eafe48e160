"""What takes how long, side by side, and a table of it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

Work = Callable[[], object]
Clock = Callable[[], float]  # does something, and says how many seconds of it count
PYINFRA = Path(sys.executable).with_name("pyinfra")
LONGEST = 900  # seconds for one command


def clock(work: Work, *, before: Work = lambda: None) -> Clock:
    """Of ``work``, each time after ``before``."""

    def seconds() -> float:
        before()
        start = time.monotonic()
        work()
        return time.monotonic() - start

    return seconds


def best(rounds: int, *clocks: Clock) -> list[float]:
    """Of several rounds, alternating: a busy machine only ever adds.

    `make bench ROUNDS=1` asks for fewer: to see that it works, not for numbers.
    """
    rounds = min(rounds, int(os.environ.get("ROUNDS", rounds)))
    times = [[seconds() for seconds in clocks] for _ in range(rounds)]
    return [min(column) for column in zip(*times, strict=True)]


def run(*command: str | Path, cwd: Path) -> str:
    """A command that must succeed: its stdout."""
    done = subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=LONGEST)  # fmt: skip
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def heading(columns: Sequence[str] = ("seconds", "floor", "ratio", "limit")) -> None:
    first, second, third, fourth = columns
    print(f"{'':30}{first:>10}{second:>10}{third:>8}{fourth:>14}", flush=True)


def row(what: str, limit: str, seconds: float, floor: float, *, inverse: bool = False) -> None:
    """``inverse``: the ratio is how many times longer the other takes."""
    ratio = floor / seconds if inverse else seconds / floor
    print(f"{what:30}{seconds:10.2f}{floor:10.2f}{ratio:8.2f}{limit:>14}", flush=True)


def count(what: str, number: int, limit: str) -> None:
    print(f"{what:30}{number:10}{limit:>32}", flush=True)
