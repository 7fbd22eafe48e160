"""The controller is killed during a change: the next run finishes it, at no more than its cost."""

import itertools
import signal
from collections.abc import Callable

import pytest

from tests.fleet.single import Single
from tests.fleet.test_killed_first_run import changing
from tests.matrix import sampled
from tests.server import refusals

COMMANDS = 8  # remote ones, of a run that changes a setting
CHANGING = {3: "write", 4: "canary", 6: "swap", 8: "keep"}  # see test_killed_first_run.py
Change = Callable[[str], tuple[str, str]]


@pytest.fixture(scope="module")
def change(single: Single) -> Change:
    """Writes an inventory that asks for a reload or a restart: the setting, and its value."""
    options, numbers = dict[str, object](work_mem="100kB", restart=True), itertools.count(101)

    def change(verb: str) -> tuple[str, str]:
        number = next(numbers)
        name, value = ("max_connections", number) if verb == "restart" else \
            ("work_mem", f"{number}kB")  # fmt: skip
        options[name] = value
        single.inventory(**options)
        return name, str(value)

    return change


@pytest.mark.parametrize("verb", sampled(["reload", "restart"], ["restart"]))
def test_commands_of_a_change(single: Single, change: Change, verb: str) -> None:
    """F1: the kills below come at each of them."""
    change(verb)
    commands = single.deploy().commands
    assert (len(commands), changing(commands)) == (COMMANDS, list(CHANGING))


@pytest.mark.all
@pytest.mark.parametrize("when", ["DURING", "AFTER"])
@pytest.mark.parametrize("command", range(1, COMMANDS + 1))
@pytest.mark.parametrize("verb", ["reload", "restart"])
def test_killed_at_a_command(
    single: Single, change: Change, verb: str, when: str, command: int
) -> None:
    """F1: what is left at work on the host goes on to its end, and is waited for."""
    name, value = change(verb)
    env = {f"HOWDAH_KILL_{when}": str(command)}
    killed = single.pyinfra("-y", "deploy.py", env=env)
    assert killed.code == -signal.SIGKILL, killed.output
    refusals.converges(single)
    assert single.ask(f"SHOW {name}") == value


@pytest.mark.parametrize("verb", sampled(["reload", "restart"], ["restart"]))
def test_killed_again_and_again(single: Single, change: Change, verb: str) -> None:
    """F1: each run is killed after one command more; one start of the server is enough."""
    name, value = change(verb)
    starts = single.log.count("starting PostgreSQL")
    codes: list[int] = []
    while not codes or codes[-1]:
        env = {"HOWDAH_KILL_AFTER": str(len(codes) + 1)}
        codes.append(single.pyinfra("-y", "deploy.py", env=env).code)
        assert codes[-1] in (0, -signal.SIGKILL)
    assert single.ask(f"SHOW {name}") == value
    assert single.log.count("starting PostgreSQL") - starts == (verb == "restart")
    refusals.converges(single)
