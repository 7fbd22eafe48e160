"""pyinfra's command line, where Howdah's differs: the plan, the prompt, the exit code, the JSON."""

import atexit
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click
from pyinfra import state

from deploys.fence import run

# Exit codes.
FAILED = 1
DIFFERS = 2
NOTHING = "nothing was changed"
BOTH = "--dry and -y together: leave out -y to see what would change, or --dry to change it"
NO_HOST = "--> no host of the inventory is left by --limit and --exclude"
ASKED = "\n    {}\n    Enter or y goes on, anything else does not: "


@dataclass(frozen=True)
class Options:
    """What the command line asks for."""

    command: str = ""  # deploy, undo, start, …: what is run
    inventory: str = ""  # its file's name
    dry: bool = False
    yes: bool = False
    json: bool = False
    verbose: bool = False


@dataclass
class Hooks:
    """What Howdah prints in pyinfra's place, and what it does at the end."""

    plan: Callable[[], None]
    end: Callable[[int, str], None]  # exit code, the error that has ended the run
    payload: Callable[[], dict[str, Any]]  # what the JSON has beside pyinfra's own


@dataclass
class _Run:
    """What is known of this run by its end."""

    options: Options = Options()
    differs: bool = False
    printed: bool = False  # the JSON
    code: int = 0
    error: str = ""


_run = _Run()


def options() -> Options:
    """Those of this run."""
    return _run.options


def begin(hooks: Hooks) -> None:
    """Before pyinfra has read the inventory. Ends a run that asks for what cannot be."""
    context = click.get_current_context(silent=True)
    if context is None:  # read by make verify, which is no run of pyinfra's command
        return
    given = context.params
    dry_json = given["json_output"] and not given["yes"]
    _run.options = Options(
        command=_command(given["operations"]),
        inventory=Path(given["inventory"]).stem,
        dry=given["dry"] or dry_json,
        yes=given["yes"],
        json=given["json_output"],
        verbose=given["verbosity"] > 0,
    )
    if given["dry"] and given["yes"]:
        _fail(BOTH)
    if given["operations"][0] in ("fact", "exec", "debug-inventory"):
        return
    from pyinfra_cli import cli  # noqa: PLC0415 it would change the threads of who has none

    cli._do_confirm = _confirm
    cli._exit = _exit
    cli.print_meta = lambda _: _show(hooks)
    cli.print_run_json = lambda _, dry: _print_json(hooks, dry=dry)
    signal.signal(signal.SIGINT, _interrupted)
    context.call_on_close(_note_end)
    atexit.register(_end, hooks)


def _command(words: tuple[str, ...]) -> str:
    """deploy.py -> deploy; deploys.undo.undo -> undo."""
    first = words[0]
    if first.endswith(".py"):
        return Path(first).stem
    _, _, name = first.rpartition(".")
    return name


def _fail(text: str) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(FAILED)


def _show(hooks: Hooks) -> None:
    _run.differs = run.differs()
    hooks.plan()


def _confirm(question: str) -> bool:
    """Whether to go on. A run that changes nothing does; before a change, only Enter or y does."""
    if options().dry:
        return True
    click.echo(ASKED.format(question), err=True, nl=False)
    try:
        answer = input()
    except EOFError:
        click.echo("no terminal to answer; -y goes ahead unasked", err=True)
        answer = "no"
    answer = answer.strip().lower()
    if answer in ("", "y", "yes"):
        return True
    if not state.is_executing:
        _fail(f"    {NOTHING}")
    return False


def _interrupted(_signal: int, _frame: FrameType | None) -> None:
    """Ctrl-C. pyinfra would end with 0."""
    if state.is_executing:
        _fail("\n    interrupted")
    _fail(f"\n    interrupted: {NOTHING}")


def _exit() -> None:
    if state.initialised and state.limit_hosts == []:
        # pyinfra goes on without hosts, and calls that a success
        _fail(click.style(NO_HOST, fg="red"))
    sys.exit(_code())


def _code() -> int:
    """A host that has failed counts for more than a difference."""
    if state.failed_hosts:
        return FAILED
    if options().dry and _run.differs:
        return DIFFERS
    return 0


def _note_end() -> None:
    """Called while the exception that ends pyinfra is on its way."""
    from pyinfra_cli.exceptions import UnexpectedMixin  # noqa: PLC0415 see begin

    _, ended, _ = sys.exc_info()
    _run.code = FAILED
    if ended is None:
        _run.code = 0
    elif isinstance(ended, SystemExit):
        if isinstance(ended.code, int):
            _run.code = ended.code
    elif isinstance(ended, UnexpectedMixin):
        # click's by its class, and without the message that click asks for
        _run.error = _described(ended.exception)
    elif isinstance(ended, click.ClickException):
        _run.code = ended.exit_code
        _run.error = ended.format_message()
    else:
        _run.error = _described(ended)


def _described(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _end(hooks: Hooks) -> None:
    hooks.end(_run.code, _run.error)
    if options().json and not _run.printed:
        _print(hooks, plan=[], results=None)


def _print_json(hooks: Hooks, *, dry: bool) -> None:
    if dry:
        _run.differs = run.differs()
    _run.code = _code()
    from pyinfra_cli import prints  # noqa: PLC0415 see begin

    plan = prints.build_plan_json(state)
    results = None
    if not dry:
        results = prints.build_results_json(state)
    _print(hooks, plan=plan, results=results)


def _print(hooks: Hooks, **pyinfras: Any) -> None:
    _run.printed = True
    from pyinfra_cli import prints  # noqa: PLC0415 see begin

    failed = []
    if state.initialised:
        failed = [each.name for each in state.failed_hosts]
    document = {
        **pyinfras,
        "failed_hosts": sorted(failed),
        "exit_code": _run.code,
        "error": _run.error,
        **hooks.payload(),
    }
    prints.print_json(document)
