"""What is wrong with host data, in a line each: the key, what was found, what is needed."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError


def unknown(key: str, known: Iterable[str]) -> str:
    """A key that is no option, and the nearest that is."""
    near = difflib.get_close_matches(key, sorted(known), n=1)
    hint = f"did you mean {near[0]!r}?" if near else "keys of your own begin with x_"
    return f"{key}: no such option; {hint}"


def faults_of(error: ValidationError) -> list[str]:
    """A line for each, once."""
    return list(dict.fromkeys(_fault(each) for each in error.errors()))


def _fault(error: Mapping[str, Any]) -> str:
    """One of pydantic's errors."""
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    if not error["loc"]:
        return message
    if error["type"] == "missing":
        return f"{error['loc'][0]}: needs a value"
    if error["loc"][0] == "settings" and error["loc"][-1] == "[key]":
        return f"settings[{error['input']!r}]: needs a name as pg_settings has it"
    if error["loc"][0] == "settings" and len(error["loc"]) > 1:
        found, needed = _shown(error["input"]), "needs a text, a number, True or False"
        return f"settings[{error['loc'][1]!r}] = {found}: {needed}"
    return f"{error['loc'][0]} = {_shown(error['input'])}: {message}"


def _shown(value: object) -> str:
    try:
        return repr(value)
    except ValueError:  # Python shows no number of more than 4300 digits
        return "a number of thousands of digits"
