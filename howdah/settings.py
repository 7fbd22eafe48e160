"""PostgreSQL settings as text: their units, their quoting, and the lines of postgresql.conf."""

import re
from collections.abc import Container, Iterable
from typing import Annotated

from pydantic import BeforeValidator

KILO = 1024
MEMORY_UNITS = {
    "kB": KILO,
    "MB": KILO**2,
    "GB": KILO**3,
    "TB": KILO**4,
}
MICROSECONDS = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "min": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}
# In postgresql.conf these three are directives, not settings.
DIRECTIVES = {
    "include",
    "include_dir",
    "include_if_exists",
}

# Names that a server still reads, and shows under the new one only.
OLD_NAMES = {
    "sort_mem": "work_mem",
    "vacuum_mem": "maintenance_work_mem",
}

SIZE = re.compile(r"([1-9][0-9]{0,9})(kB|MB|GB|TB)")
TIME = re.compile(r"0|[1-9][0-9]{0,9}(us|ms|s|min|h|d)")
PERCENTAGE = re.compile(r"([1-9][0-9]?|100)%")
# A name as pg_settings has it, in small letters; one of an extension has a dot.
NAME = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?")
# Of a value: what ends a line, and what no file can have.
NO_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# A line of anybody's postgresql.conf, its value in quotes, and a line as rendered here.
LINE = re.compile(r"\s*([A-Za-z_][\w.$]*)(?:\s*=\s*|\s+)(.*)")
QUOTED = re.compile(r"'((?:[^']|'')*)'")
RENDERED = re.compile(r"^([A-Za-z_][A-Za-z0-9_.]*) = (.*)$", flags=re.MULTILINE)

Value = str | int | float | bool


def check_memory(value: object) -> str:
    """A size as a setting has it; else ValueError."""
    if not isinstance(value, str) or not SIZE.fullmatch(value):
        raise ValueError("needs a number with its unit in quotes: kB, MB, GB or TB")
    return value


def _duration(value: object) -> str:
    if not isinstance(value, str) or not TIME.fullmatch(value):
        raise ValueError(
            "needs '0' (off) or a number with its unit in quotes: us, ms, s, min, h or d"
        )
    return value


def _share(value: object) -> str:
    if isinstance(value, str) and PERCENTAGE.fullmatch(value):
        return value
    try:
        memory = check_memory(value)
        return at_least_64mb(memory)
    except ValueError as e:
        raise ValueError(f"{e}, or 1% to 100% of the host's") from None


Memory = Annotated[str, BeforeValidator(check_memory)]
Share = Annotated[str, BeforeValidator(_share)]
Duration = Annotated[str, BeforeValidator(_duration)]


def in_bytes(memory: str) -> int:
    """'1GB' -> 1073741824."""
    number, unit = re.fullmatch(r"(\d+)(\w+)", memory).groups()  # type: ignore[union-attr]
    factor = MEMORY_UNITS[unit]
    return int(number) * factor


def in_seconds(duration: str) -> int:
    """'10min' -> 600; what is left of a second is dropped."""
    number, unit = re.fullmatch(r"(\d+)(\w*)", duration).groups()  # type: ignore[union-attr]
    factor = MICROSECONDS.get(unit, 0)
    return int(number) * factor // MICROSECONDS["s"]


def at_least_64mb(memory: str) -> str:
    """Below it a server cannot have the least that it asks for."""
    if in_bytes(memory) < 64 * KILO**2:
        raise ValueError("needs 64MB or more")
    return memory


def setting_faults(name: str, value: Value, options: Container[str]) -> list[str]:
    """Why an entry cannot stand in the map ``settings``. A name's case does not matter."""
    faults = []
    known = name.lower()
    if known in options:
        faults.append(f"settings[{name!r}]: has an option of its own; write {known} = …")
    if known in DIRECTIVES or not NAME.fullmatch(known):
        faults.append(f"settings[{name!r}]: needs a name as pg_settings has it")
    if known in OLD_NAMES:
        faults.append(f"settings[{name!r}]: is an old name; write {OLD_NAMES[known]}")
    if known.startswith("howdah."):
        faults.append(f"settings[{name!r}]: howdah. is the deploy's own; take it out")
    if NO_TEXT.search(str(value)):
        faults.append(f"settings[{name!r}] = {value!r}: needs a value without line breaks")
    return faults


def spelling_faults(names: Iterable[str]) -> list[str]:
    """PostgreSQL compares names without regard to case, so two spellings are one setting."""
    faults = []
    first: dict[str, str] = {}
    for name in names:
        other = first.setdefault(name.lower(), name)
        if other != name:
            faults.append(f"settings[{name!r}]: is also there as {other!r}; needs one of them")
    return faults


def quote(value: object) -> str:
    """A value as postgresql.conf reads it: on and off bare, everything else in quotes."""
    if value is True:
        return "on"
    if value is False:
        return "off"
    escaped = str(value).replace("\\", "\\\\")
    escaped = escaped.replace("'", "''")
    return f"'{escaped}'"


def line(text: str) -> tuple[str, str]:
    """A line of a postgresql.conf that anybody may have written -> name, value.

    What is no setting is its own name, without a value.
    """
    match = LINE.match(text)
    if not match:
        return text.strip(), ""
    name, value = match.groups()
    quoted = QUOTED.match(value)
    if quoted:
        return name.lower(), quoted[1].replace("''", "'")
    bare, _, _ = value.partition("#")
    return name.lower(), bare.strip()


def parse(text: str) -> dict[str, str]:
    """postgresql.conf as rendered here -> name: value as written, in the file's order.

    Names in small letters, as PostgreSQL compares them: TimeZone is timezone.
    """
    values = {}
    for name, value in RENDERED.findall(text):
        values[name.lower()] = value
    return values
