"""config.yaml, or the file that APP_CONFIG names: `stage`, and the block `database:`."""

import os
from collections.abc import Collection, Hashable, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from typing_extensions import override

from app_db.errors import BadSettingsError

DEFAULT = Path("config.yaml")
BLOCK = "database"
PREFIX = "DATABASE_"
# An application's own blocks stand beside ours, and `storage` is no misspelt `stage`.
CLOSE = 0.85
# Platforms have variables like DATABASE_PUBLIC_URL; only what is nearly ours is a slip.
CLOSE_IN_ENVIRONMENT = 0.75


def path() -> Path | None:
    """Where the configuration is, if anywhere; a file that APP_CONFIG names has to be there."""
    named = os.environ.get("APP_CONFIG")
    if named:
        return Path(named)
    if DEFAULT.exists():
        return DEFAULT
    return None


def read(known: Collection[str]) -> dict[str, Any]:
    """`stage` and the keys of `database:`, which must be among ``known``.

    Raises BadSettingsError.
    """
    file = path()
    if file is None:
        return {}
    found = _mapping(_parsed(file), f"{file}")
    for key in ("stage", BLOCK):
        if key in found:
            continue
        near = get_close_matches(key, found, n=1, cutoff=CLOSE)
        if near:
            raise BadSettingsError(f"unknown key {near[0]!r} in {file}; did you mean {key!r}?")
    block = _mapping(found.get(BLOCK), f"{BLOCK} in {file}")
    for key in block:
        if key not in known:
            meant = nearest(key, known)
            raise BadSettingsError(f"unknown key '{BLOCK}.{key}' in {file}; {meant}")
    if "stage" in found:
        block["stage"] = found["stage"]
    return block


def check_environment(known: Collection[str]) -> None:
    """Raises BadSettingsError for a variable of the environment that is nearly one of ours."""
    ours = {PREFIX + name.upper() for name in known}
    others = os.environ.keys() - ours
    for name in sorted(others):
        if not name.startswith(PREFIX):
            continue
        rest = name.removeprefix(PREFIX).lower()
        if get_close_matches(rest, known, n=1, cutoff=CLOSE_IN_ENVIRONMENT):
            meant = nearest(name, ours)
            raise BadSettingsError(f"unknown variable {name} in the environment; {meant}")


def nearest(found: object, known: Iterable[str]) -> str:
    """What was probably meant, or else all that there is."""
    names = sorted(known)
    near = get_close_matches(str(found), names, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    listed = ", ".join(names)
    return f"known are {listed}"


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Rejects a key that is there twice: the second `stage` would win in silence."""

    @override
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set[str]()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                mark = key.start_mark
                line = mark.line + 1
                raise BadSettingsError(f"{mark.name}:{line}: {name!r} is there twice")
            seen.add(name)
        found: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return found


def _parsed(file: Path) -> object:
    try:
        with file.open(encoding="utf-8") as stream:
            return yaml.load(stream, _Loader)  # noqa: S506 a SafeLoader
    except (OSError, UnicodeDecodeError) as e:
        said = getattr(e, "strerror", None) or e
        raise BadSettingsError(f"{file} cannot be read: {said}") from None
    except yaml.YAMLError as e:
        # Not the error itself: it quotes the line, and that may hold a password.
        where = str(file)
        mark = getattr(e, "problem_mark", None)
        if mark:
            line = mark.line + 1
            where = f"{file}:{line}"
        raise BadSettingsError(f"{where} is no YAML; a mapping is needed") from None


def _mapping(found: object, where: str) -> dict[str, Any]:
    if found is None:
        return {}
    if not isinstance(found, dict):
        kind = type(found).__name__
        raise BadSettingsError(f"{where} is {kind}; a mapping is needed")
    return {str(key): value for key, value in found.items()}
