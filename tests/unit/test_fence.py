"""What Howdah takes from pyinfra's insides is there: a new release that changes it fails here.

Read, not imported: pyinfra's command line puts gevent's threads in the place of pytest's.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from paramiko import SSHException

from deploys import shell
from deploys.fence import run
from deploys.live import Command

ROOT = Path(__file__).parents[2]
FENCE = ROOT / "deploys" / "fence"
# What pyinfra gives to who writes deploys.
INTERFACE = {"pyinfra", "pyinfra.api", "pyinfra.api.command", "pyinfra.api.exceptions"}
# What is used of the objects of its insides, by the file that has it.
USED = {
    "api/host.py": ["current_op_hash", "current_op_global_arguments", "connector", "connected",
                    "log_styled", "run_shell_command"],
    "api/state.py": ["get_op_order", "get_op_meta", "ops", "fail_hosts", "failed_hosts",
                     "activated_hosts", "check_for_changes", "limit_hosts",
                     "initialised", "is_executing", "current_stage", "activate_host", "set_stage",
                     "print_input", "operation_meta", "names", "current_exec_filename"],
    "api/inventory.py": ["iter_activated_hosts", "get_host"],
    "api/operation.py": ["_maybe_is_change", "is_complete", "did_error", "did_change",
                         "stderr_lines"],
    "connectors/util.py": ["getpass", "read_buffer", "SUDO_PASSWORD_REQUIRED_LINES",
                           "make_unix_command_for_host"],
    "connectors/ssh.py": ["client"],
    "connectors/sshuserclient/client.py": ["missing_host_key", "connect", "_host_keys_filename",
                                           "_ssh_config"],
}  # fmt: skip

REPLACED = {"_do_confirm": ["msg"], "_exit": [], "print_meta": ["state"],
            "print_run_json": ["state", "dry"]}  # fmt: skip
CALLED = {"build_plan_json": ["state"], "build_results_json": ["state"], "print_json": ["payload"]}


def source(package: str, file: str) -> str:
    spec = find_spec(package)
    assert spec
    assert spec.origin
    return (Path(spec.origin).parent / file).read_text()


CLI, PRINTS = source("pyinfra_cli", "cli.py"), source("pyinfra_cli", "prints.py")


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


def imported(folder: Path) -> Iterator[tuple[Path, str, str]]:
    """(file, module, name) for each import from pyinfra below a folder."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pyinfra"):
                for alias in node.names:
                    yield path, str(node.module), alias.name


@pytest.mark.parametrize("folder", ["deploys", "verify", "benchmarks", "inventories"])
def test_only_the_fence_imports_insides(folder: str) -> None:
    for path, module, name in imported(ROOT / folder):
        inside = module not in INTERFACE
        assert not inside or path.parent == FENCE, f"{path}: from {module} import {name}"


INSIDES = {(module, name) for _, module, name in imported(FENCE) if module not in INTERFACE}


@pytest.mark.parametrize(("module", "name"), sorted(INSIDES))
def test_what_is_imported(module: str, name: str) -> None:
    package, *rest = module.split(".")
    file = f"{'/'.join(rest)}.py" if rest else ""
    spec = find_spec(package)
    assert spec
    assert spec.origin
    folder = Path(spec.origin).parent
    path = folder / file if file and (folder / file).exists() else folder.joinpath(*rest)
    if path.is_dir():
        is_module = (path / f"{name}.py").exists()
        path /= "__init__.py"
        if is_module:
            return
    assert re.search(rf"\b{name}\b", path.read_text())


@pytest.mark.parametrize(("file", "name"), [(f, name) for f in USED for name in USED[f]])
def test_what_is_used(file: str, name: str) -> None:
    assert re.search(rf"\b{name}\b", source("pyinfra", file))


def test_command_line_is_not_imported_by_the_rest() -> None:
    """It puts gevent's threads in the place of whoever imports a module of deploys/."""
    modules = "deploys.bundle, deploys.grant, deploys.plan, deploys.undo"
    code = f"import {modules}, sys; sys.exit('pyinfra_cli' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("error", ["UnexpectedInternalError", "UnexpectedExternalError"])
def test_end_after_a_bug(error: str) -> None:
    """pyinfra's errors for it are click's, without the message that click's have."""
    arguments = "KeyError('password')"
    if error == "UnexpectedExternalError":  # of the file that is named
        arguments += ", 'deploy.py'"
    code = f"""
import click
from pyinfra_cli.exceptions import {error}
from deploys.fence import command_line
try:
    with click.Context(click.Command("pyinfra")) as context:
        context.call_on_close(command_line._note_end)
        raise {error}({arguments})
except {error}:
    print(command_line._run.code, command_line._run.error)
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


def test_inspect_finds_a_module_for_the_file_that_is_executed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # for one that is none it goes through all modules, for each frame of each operation
    file = str(tmp_path / "deploy.py")
    text = "import inspect\nmodule = inspect.getmodule(inspect.currentframe())\n"
    Path(file).write_text(text)
    monkeypatch.setattr(run, "state", SimpleNamespace(current_exec_filename=file))
    monkeypatch.setitem(sys.modules, file, None)
    del sys.modules[file]
    run.make_module()
    executed: dict[str, Any] = {}
    exec(compile(text, file, "exec"), executed)
    assert executed["module"] is sys.modules[file]
