"""What a run leaves on the controller: .howdah/<environment>/last-run.json and last-plan.txt."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from howdah.files import write_whole
from howdah.team import FOLDER

VERSION = 1  # of last-run.json's form; higher where a key is gone or means something else
RUN, PLAN = "last-run.json", "last-plan.txt"


def is_name(environment: str) -> bool:
    """Whether it can be one's name, as the inventory's rules have it."""
    return re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,30}", environment) is not None


def path(environment: str, name: str) -> Path:
    return Path(FOLDER, ".howdah", environment, name)


def write_run(environment: str, run: Mapping[str, Any]) -> None:
    """Nothing secret is in it."""
    text = json.dumps({"version": VERSION, **run}, indent=2)
    _write(path(environment, RUN), text)


def write_plan(environment: str, lines: Iterable[str]) -> None:
    """The plan as a whole, for what is printed may be cut."""
    _write(path(environment, PLAN), "".join(f"{line}\n" for line in lines))


def _write(file: Path, text: str) -> None:
    try:
        for folder in (file.parent.parent, file.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        write_whole(file, text.encode())
    except OSError as e:
        click.echo(f"cannot write {file}: {e.strerror}", err=True)
