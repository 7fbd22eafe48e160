"""Whose inventories, secrets and history a run is about: a team's, or those of the checkout itself.

A team's folder is the working folder where that has a howdah.toml, and no folder above it, as
pyinfra reads the working folder's config.py and no other.
"""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from howdah.errors import HowdahError

FILE = "howdah.toml"
KEYS = ("howdah", "components")
CHECKOUT = Path(__file__).parent.parent


class TeamError(HowdahError):
    """What a howdah.toml cannot say, or another folder than the one that has it."""


def _folder(working: Path) -> Path:
    if (working / FILE).is_file():
        return working
    return CHECKOUT


# inventories/, secrets/, bundles/, .howdah/ and a team's own roles-sql/ are here.
FOLDER = _folder(Path.cwd())


def check() -> None:
    """Of the working folder. Raises TeamError."""
    if FOLDER == CHECKOUT:
        return
    file = FOLDER / FILE
    said = read(file)
    checkout = FOLDER / said["howdah"]
    if checkout.resolve() != CHECKOUT.resolve():
        raise TeamError(f"{file}: howdah names {checkout.resolve()}, and this is {CHECKOUT}")
    package = said.get("components")
    if package and not _is_in_the_folder(package):
        raise TeamError(f"{file}: components: there is no package {package!r} in {FOLDER}")


def _is_in_the_folder(package: str) -> bool:
    """And not Howdah's, or an installed one."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return False
    return Path(spec.origin).resolve().is_relative_to(FOLDER.resolve())


def check_file(path: Path) -> None:
    """Of an inventory or a deploy: with another team's, its secrets would land here.

    Raises TeamError.
    """
    for folder in Path(os.path.abspath(path)).parents:  # as it is written: it may be a link
        if folder.resolve() == FOLDER.resolve():
            return
        if (folder / FILE).is_file():
            raise TeamError(f"{path} is of the team in {folder}; run this there")


def read(file: Path) -> dict[str, str]:
    """What it says. Raises TeamError."""
    import tomllib  # noqa: PLC0415 a run without a team does not wait for it

    try:
        said = tomllib.loads(file.read_text())
    except (OSError, ValueError) as e:
        raise TeamError(f"{file}: {e}") from None
    faults = list(_faults(said))
    if faults:
        raise TeamError(f"{file}: {'; '.join(faults)}")
    return said


def _faults(said: dict[str, Any]) -> Iterator[str]:
    for key in said:
        if key not in KEYS:
            yield f"{key}: no such key; known are {', '.join(KEYS)}"
    if not isinstance(said.get("howdah"), str):
        yield 'howdah: needs the path of the checkout, howdah = "../howdah"'
    package = said.get("components", "")
    if not isinstance(package, str) or (package and not package.isidentifier()):
        yield f"components = {package!r}: needs the name of a package in this folder"


def package_of_components() -> str:
    """The package whose COMPONENTS join Howdah's; empty where there is none. Raises TeamError."""
    if FOLDER == CHECKOUT:
        return ""
    return read(FOLDER / FILE).get("components", "")


def roles_sql() -> list[Path]:
    """The folder of a team's own files, if there is a team."""
    if FOLDER == CHECKOUT:
        return []
    return [FOLDER / "roles-sql"]
