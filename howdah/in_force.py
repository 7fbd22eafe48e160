"""pg_settings as a new session has it, beside the postgresql.conf that asks for it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from howdah import settings
from howdah.settings import KILO, MEMORY_UNITS, MICROSECONDS
from howdah.unsafe import ON

# In which a number counts. Those of memory and of time have no name in common.
UNITS = {
    "B": 1,
    "8kB": 8 * KILO,
    **MEMORY_UNITS,
    **MICROSECONDS,
}
FILE = "configuration file"
# A role's or a database's own, which are compared where roles-sql is.
OF_ROLES = frozenset({"global", "database", "user", "database user", "client", "session"})
OF_THE_SERVER = frozenset({"default", "dynamic default", "override"})
# The unit starts the server with the first two; before PostgreSQL 16 the kernel's limit counted as
# the third one's source.
OF_THE_HOST = frozenset({"external_pid_file", "jit_provider", "max_stack_depth"})
AUTO_CONF = "postgresql.auto.conf"


class Row(NamedTuple):
    """One setting: how a new session begins, and who says so."""

    name: str  # in small letters
    value: str
    unit: str  # empty: none
    kind: str  # bool, integer, real, enum or string
    source: str
    file: str

    @property
    def shown(self) -> str:
        """Its value, and who says so."""
        unit = ""
        if self.unit:
            unit = f" ({self.unit})"
        by = self.file or self.source
        return f"{self.name} = {self.value!r}{unit} by {by}"


def faults(rows: Iterable[Row], stated: Mapping[str, str]) -> Iterator[str]:
    """What is in force and not in the files, or otherwise. ``stated``: name -> value, as written.

    What ALTER SYSTEM has set beside the files is a report, and no fault here.
    """
    known = {row.name: row for row in rows}
    for name, wanted in stated.items():
        row = known.pop(name, None)
        if row is None:
            yield f"{name} = {wanted} is not known to the server; its library is not loaded"
        elif not _is_as_stated(row, wanted):
            yield f"{row.shown}, wanted {wanted}"
    for row in known.values():
        if not _may_be_unstated(row):
            yield f"{row.shown}, and the inventory has no such"


def _is_as_stated(row: Row, wanted: str) -> bool:
    """The server itself repeats where its files are."""
    if row.source in OF_ROLES:
        return True
    is_by_the_files = row.source == FILE or row.source in OF_THE_SERVER
    return is_by_the_files and is_so(wanted, row)


def _may_be_unstated(row: Row) -> bool:
    if row.source in OF_ROLES or row.source in OF_THE_SERVER:
        return True
    return row.name in OF_THE_HOST or row.file.endswith(AUTO_CONF)


def is_so(wanted: str, row: Row) -> bool:
    """Whether a value as postgresql.conf has it is what the server shows."""
    _, value = settings.line(f"{row.name} = {wanted}")
    text = value.lower()
    shown = row.value.lower()
    if row.kind == "bool":
        return (text in ON) == (shown == "on")
    if row.kind in ("integer", "real"):
        return _is_number(text, shown, row.unit)
    if row.name == "datestyle":  # the server completes it
        words = re.findall(r"\w+", text)
        known = re.findall(r"\w+", shown)
        return set(words) <= set(known)
    return text == shown


def _is_number(
    text: str,
    shown: str,
    unit: str,
) -> bool:
    """The server has rounded to its unit."""
    wanted = _number(text, unit)
    now = _number(shown, unit)
    if wanted is None or now is None:
        return text == shown
    difference = abs(wanted - now)
    if unit:
        return difference <= 0.5  # noqa: PLR2004
    return difference <= 1e-9  # noqa: PLR2004


def _number(text: str, unit: str) -> float | None:
    """In the server's unit; None where it is no number, or in a unit that the setting has not."""
    match = re.fullmatch(r"([-+]?[0-9.]+(?:e[-+]?[0-9]+)?)\s*([a-z]*)", text)
    if not match:
        return None
    digits, word = match.groups()
    if re.fullmatch(r"0[0-7]+", digits):
        return int(digits, 8)
    if not word:
        return float(digits)
    units = {name.lower(): factor for name, factor in UNITS.items()}
    if not unit or word not in units:
        return None
    return float(digits) * (units[word] / UNITS[unit])
