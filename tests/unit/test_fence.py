"""What Howdah takes from pyinfra's insides is there: a new release that changes it fails here.

Read, not imported: pyinfra's command line puts gevent's threads in the place of pytest's.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest
from paramiko import SSHException

from deploys import shell
from deploys.live import Command

REPLACED = {"_do_confirm": ["msg"], "_exit": [], "print_meta": ["state"],
            "print_run_json": ["state", "dry"]}  # fmt: skip
CALLED = {"build_plan_json": ["state"], "build_results_json": ["state"], "print_json": ["payload"]}


def source(package: str, file: str) -> str:
    spec = find_spec(package)
    assert spec
    assert spec.origin
    return (Path(spec.origin).parent / file).read_text()


CLI, PRINTS = source("pyinfra_cli", "cli.py"), source("pyinfra_cli", "prints.py")
STATE, OPERATION = source("pyinfra", "api/state.py"), source("pyinfra", "api/operation.py")


def arguments(name: str) -> list[str]:
    """Of a function of the command line's."""
    for node in (*ast.walk(ast.parse(CLI)), *ast.walk(ast.parse(PRINTS))):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return [argument.arg for argument in node.args.args]
    pytest.fail(f"pyinfra_cli has no {name} any more")


@pytest.mark.parametrize("name", REPLACED)
def test_what_is_replaced_is_called_by_that_name(name: str) -> None:
    assert arguments(name) == REPLACED[name]
    assert re.search(rf"(?<!def ){name}\(", CLI)


@pytest.mark.parametrize("name", CALLED)
def test_what_is_called(name: str) -> None:
    assert arguments(name) == CALLED[name]


@pytest.mark.parametrize("name", ["operations", "dry", "yes", "json_output", "verbosity"])
def test_options_of_the_command_line(name: str) -> None:
    assert name in arguments("_main")


def test_state_of_a_run() -> None:
    assert "_maybe_is_change" in OPERATION
    for name in ("failed_hosts", "limit_hosts", "initialised"):
        assert re.search(rf"^ +(self\.)?{name}: ", STATE, re.MULTILINE)


def test_command_line_is_not_imported_by_the_rest() -> None:
    """It puts gevent's threads in the place of whoever imports a module of deploys/."""
    modules = "deploys.bundle, deploys.grant, deploys.plan, deploys.undo"
    code = f"import {modules}, sys; sys.exit('pyinfra_cli' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_end_after_a_bug() -> None:
    """pyinfra's error for it is click's, without the message that click's have."""
    code = """
import click
from pyinfra_cli.exceptions import UnexpectedInternalError
from deploys import fence
try:
    with click.Context(click.Command("pyinfra")) as context:
        context.call_on_close(fence._note_end)
        raise UnexpectedInternalError(KeyError("password"))
except UnexpectedInternalError:
    print(fence._run.code, fence._run.error)
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "1 KeyError: 'password'\n"


class Gone:
    """A host whose connection ends while a channel opens: a moment that no test can choose."""

    def run_shell_command(self, *_: object, **__: object) -> None:
        raise EOFError


@pytest.mark.parametrize("make", [shell.run, shell.live])
def test_lost_connection_is_an_error_that_pyinfra_knows(make: Callable[..., Command]) -> None:
    state = SimpleNamespace(print_output=False, print_input=False)
    with pytest.raises(SSHException, match="the connection to the host is lost"):
        make("do it", "true").execute(state, Gone(), {})
