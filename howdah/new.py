"""`python -m howdah.new FOLDER`: a folder for a team's own files, beside this checkout."""

import os
import re
import shutil
import sys
from pathlib import Path

from howdah.team import CHECKOUT, FILE, TeamError

EMPTY = CHECKOUT / "templates" / "team"
IN_THE_CHECKOUT = '"../.."'  # as howdah.toml has it where the folder is kept
NEXT = """\
cd {folder} && git init       # {folder} is yours; secrets/ is kept out of git
make deploy                   # a PostgreSQL of its own, on 127.0.0.1:5433
README.md there, and docs/team.md here, say what goes where
"""


def main() -> int:
    """Makes it, and says what is next."""
    if len(sys.argv) != 2 or not sys.argv[1]:  # noqa: PLR2004 itself, and the folder
        sys.stderr.write("needs a folder: make new TEAM=../acme\n")
        return 1
    folder = Path(sys.argv[1])
    try:
        make(folder)
    except (OSError, TeamError) as e:
        sys.stderr.write(f"{e}\n")
        return 1
    sys.stdout.write(NEXT.format(folder=folder))
    return 0


def make(folder: Path) -> None:
    """All of its files; howdah.toml, which makes it a team's, is the last. Raises TeamError."""
    howdah = _way_to_the_checkout(folder)
    if folder.exists():
        _check_empty(folder)
    named = (EMPTY / FILE).read_text().replace(IN_THE_CHECKOUT, f'"{howdah}"')
    ignored = shutil.ignore_patterns(FILE, "__pycache__")
    shutil.copytree(EMPTY, folder, ignore=ignored, dirs_exist_ok=True)
    # what holds for every inventory: pyinfra reads it in the working folder
    shutil.copy(CHECKOUT / "inventories" / "dev.py", folder / "inventories")
    shutil.copytree(CHECKOUT / "group_data", folder / "group_data", ignore=ignored)
    (folder / FILE).write_text(named)


def _way_to_the_checkout(folder: Path) -> str:
    """As howdah.toml and the Makefile have it, which takes a space for the end of a name."""
    checkout, whole = CHECKOUT.resolve(), folder.resolve()
    if whole.is_relative_to(checkout):
        raise TeamError(f"{folder} is in the checkout; name a folder beside it: TEAM=../acme")
    way = os.path.relpath(checkout, whole)
    if not re.fullmatch(r"[\w./+@-]+", way):
        raise TeamError(
            f"{folder}: the way from there to the checkout is {way!r}; make needs letters, digits "
            "and ./+@_- only"
        )
    return way


def _check_empty(folder: Path) -> None:
    """A repository without files is empty, too."""
    if not folder.is_dir():
        raise TeamError(f"{folder} is a file; a new folder is needed")
    there = sorted(path.name for path in folder.iterdir() if path.name != ".git")
    if there:
        raise TeamError(f"{folder} is not empty ({there[0]} is there); a new folder is needed")


if __name__ == "__main__":
    sys.exit(main())
