"""pg_settings as a new session has it, beside the postgresql.conf that asks for it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from howdah import settings
from howdah.settings import KILO, MEMORY_UNITS, MICROSECONDS
from howdah.unsafe import ON

# In which a number counts. Those of memory and of time have no name in common.
UNITS = {"B": 1, "8kB": 8 * KILO, **MEMORY_UNITS, **MICROSECONDS}
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
    def by(self) -> str:
        """Who says so."""
        return self.file or self.source


def faults(rows: Iterable[Row], stated: Mapping[str, str]) -> Iterator[str]:
    """What is in force and not in the files, or otherwise. ``stated``: name -> value, as written.

    What ALTER SYSTEM has set beside the files is a report, and no fault here.
    """
    known = {row.name: row for row in rows}
    for name, wanted in stated.items():
        row = known.pop(name, None)
        if row is None:
            yield f"{name} = {wanted} is not known to the server; its library is not loaded"
        elif row.source not in OF_ROLES and not (_by_the_files(row) and is_so(wanted, row)):
            yield f"{name} = {row.value!r}{_in(row)} by {row.by}, wanted {wanted}"
    for row in known.values():
        is_silent = row.source in OF_ROLES | OF_THE_SERVER or row.name in OF_THE_HOST
        if not is_silent and not row.file.endswith(AUTO_CONF):
            yield f"{row.name} = {row.value!r}{_in(row)} by {row.by}, and the inventory has no such"


def _by_the_files(row: Row) -> bool:
    """The server itself repeats where its files are."""
    return row.source == FILE or row.source in OF_THE_SERVER


def _in(row: Row) -> str:
    return f" ({row.unit})" if row.unit else ""


def is_so(wanted: str, row: Row) -> bool:
    """Whether a value as postgresql.conf has it is what the server shows."""
    text = settings.line(f"{row.name} = {wanted}")[1].lower()
    shown = row.value.lower()
    if row.kind == "bool":
        return (text in ON) == (shown == "on")
    if row.kind in ("integer", "real"):
        return _is_number(text, shown, row.unit)
    if row.name == "datestyle":  # the server completes it
        return {*re.findall(r"\w+", text)} <= {*re.findall(r"\w+", shown)}
    return text == shown


def _is_number(text: str, shown: str, unit: str) -> bool:
    """The server has rounded to its unit."""
    wanted, now = _number(text, unit), _number(shown, unit)
    if wanted is None or now is None:
        return text == shown
    return abs(wanted - now) <= (0.5 if unit else 1e-9)


def _number(text: str, unit: str) -> float | None:
    match = re.fullmatch(r"([-+]?[0-9.]+(?:e[-+]?[0-9]+)?)\s*([a-z]*)", text)
    if not match:
        return None
    digits, its = match.groups()
    if re.fullmatch(r"0[0-7]+", digits):
        return int(digits, 8)
    units = {name.lower(): factor for name, factor in UNITS.items()}
    if its and not (unit and its in units):
        return None
    return float(digits) * (units[its] / UNITS[unit] if its else 1)
