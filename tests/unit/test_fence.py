"""What Howdah takes from pyinfra's insides is there: a new release that changes it fails here."""

import inspect
import re

import pytest
from pyinfra.api.operation import OperationMeta
from pyinfra.api.state import State
from pyinfra_cli import cli, prints

REPLACED = {"_do_confirm": ["msg"], "_exit": [], "print_meta": ["state"],
            "print_run_json": ["state", "dry"]}  # fmt: skip


@pytest.mark.parametrize("name", REPLACED)
def test_what_is_replaced_is_called_by_that_name(name: str) -> None:
    assert list(inspect.signature(getattr(cli, name)).parameters) == REPLACED[name]
    source = inspect.getsource(cli)
    assert f"{name}(" in source.replace(f"def {name}(", "")


@pytest.mark.parametrize("name", ["build_plan_json", "build_results_json", "print_json"])
def test_what_is_called(name: str) -> None:
    assert len(inspect.signature(getattr(prints, name)).parameters) == 1


def test_options_of_the_command_line() -> None:
    names = {parameter.name for parameter in cli.cli.params}
    assert {"operations", "dry", "yes", "json_output", "verbosity"} <= names


def test_state_of_a_run() -> None:
    assert {"_maybe_is_change"} <= OperationMeta.__annotations__.keys()
    source = inspect.getsource(State)
    for name in ("failed_hosts", "limit_hosts", "initialised"):
        assert re.search(rf"^ +(self\.)?{name}: ", source, re.MULTILINE)
