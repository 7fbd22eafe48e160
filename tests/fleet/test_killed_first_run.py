"""The controller is killed during a first run: the next one finishes it."""

import signal

import pytest

from tests.fleet.single import Single
from tests.matrix import sampled
from tests.server import refusals

COMMANDS = 18  # remote ones, of a first run
# Those that change something, each under the lock of a command. After the others, which ask, the
# host is as it was before them.
CHANGING = {3: "install", 6: "initdb", 7: "register", 9: "write", 10: "canary", 12: "load",
            14: "roles", 16: "schema", 18: "keep"}  # fmt: skip
BY_THEMSELVES = (6, 10, 12, 14)  # the long ones; the others by `make test-all`
EACH = [
    pytest.param(n, id=f"{n}-{CHANGING.get(n, 'ask')}",
                 marks=[] if n in BY_THEMSELVES else pytest.mark.all)
    for n in range(1, COMMANDS + 1)
]  # fmt: skip


def changing(commands: list[str]) -> list[int]:
    return [n for n, command in enumerate(commands, 1) if "flock -o" in command]


def test_commands_of_a_first_run(fresh: Single) -> None:
    """F1: the kills below come at each of them."""
    commands = fresh.deploy().commands
    assert (len(commands), changing(commands)) == (COMMANDS, list(CHANGING))


@pytest.mark.all
@pytest.mark.parametrize("command", EACH)
def test_killed_during_a_command(fresh: Single, command: int) -> None:
    """F1: what is left at work on the host goes on to its end, and is waited for."""
    killed = fresh.pyinfra("-y", "deploy.py", env={"HOWDAH_KILL_DURING": str(command)})
    assert killed.code == -signal.SIGKILL, killed.output
    refusals.converges(fresh)


@pytest.mark.parametrize("when", sampled(["DURING", "AFTER"], ["DURING"]))
def test_killed_again_and_again(fresh: Single, when: str) -> None:
    """F1: each run is killed at one command more, until one comes to its end."""
    codes: list[int] = []
    while not codes or codes[-1]:
        env = {f"HOWDAH_KILL_{when}": str(len(codes) + 1)}
        codes.append(fresh.pyinfra("-y", "deploy.py", env=env).code)
        assert codes[-1] in (0, -signal.SIGKILL)
    assert len(codes) > 5
    refusals.converges(fresh)


@pytest.mark.all
@pytest.mark.parametrize("command", range(1, COMMANDS + 1))
def test_killed_after_a_command(fresh: Single, command: int) -> None:
    """F1."""
    killed = fresh.pyinfra("-y", "deploy.py", env={"HOWDAH_KILL_AFTER": str(command)})
    assert killed.code == -signal.SIGKILL, killed.output
    refusals.converges(fresh)
