"""What is wrong with host data, in a line each: the key, what was found, what is needed."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError


def unknown(key: str, known: Iterable[str]) -> str:
    """A key that is no option, and the nearest that is."""
    hint = "keys of your own begin with x_"
    near = difflib.get_close_matches(key, sorted(known), n=1)
    if near:
        hint = f"did you mean {near[0]!r}?"
    return f"{key}: no such option; {hint}"


def faults_of(error: ValidationError) -> list[str]:
    """A line for each, once."""
    lines = map(_fault, error.errors())
    return list(dict.fromkeys(lines))


def _fault(error: Mapping[str, Any]) -> str:
    """One of pydantic's errors."""
    message = str(error["msg"])
    message = message.removeprefix("Value error, ")
    message = message.removeprefix("Input ")
    if not error["loc"]:
        return message
    option, *within = error["loc"]
    found = error["input"]
    if error["type"] == "missing":
        return f"{option}: needs a value"
    if option == "settings" and within:
        if within[-1] == "[key]":
            return f"settings[{found!r}]: needs a name as pg_settings has it"
        name = within[0]
        return f"settings[{name!r}] = {_shown(found)}: needs a text, a number, True or False"
    return f"{option} = {_shown(found)}: {message}"


def _shown(value: object) -> str:
    try:
        return repr(value)
    except ValueError:  # Python shows no number of more than 4300 digits
        return "a number of thousands of digits"
