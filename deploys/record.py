"""What a run leaves on the controller: .howdah/<environment>/last-run.json and last-plan.txt."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from howdah.secrets.files import write_whole
from howdah.team import FOLDER

VERSION = 1  # of last-run.json's form; higher where a key is gone or means something else
RUN = "last-run.json"
PLAN = "last-plan.txt"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,30}")  # of an environment


def is_name(environment: str) -> bool:
    """Whether it can be one's name, as the inventory's rules have it."""
    return NAME.fullmatch(environment) is not None


def path(environment: str, name: str) -> Path:
    return Path(FOLDER, ".howdah", environment, name)


def write_run(environment: str, run: Mapping[str, Any]) -> None:
    """Nothing secret is in it."""
    document = {"version": VERSION, **run}
    text = json.dumps(document, indent=2)
    _write(environment, RUN, text)


def write_plan(environment: str, lines: Iterable[str]) -> None:
    """The plan as a whole, for what is printed may be cut."""
    text = ""
    for line in lines:
        text += f"{line}\n"
    _write(environment, PLAN, text)


def _write(
    environment: str,
    name: str,
    text: str,
) -> None:
    file = path(environment, name)
    folder = file.parent
    try:
        folder.parent.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        write_whole(file, text.encode())
    except OSError as e:
        click.echo(f"cannot write {file}: {e.strerror}", err=True)
