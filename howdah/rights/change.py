"""One step of a plan."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from typing_extensions import override


@dataclass(frozen=True)
class Change:
    """One statement, sent as it is printed, and the place in roles-sql that asks for it."""

    sql: str
    database: str = "postgres"
    source: str = ""
    alone: bool = False  # cannot stand in a transaction
    placeholder: str = ""  # of the verifier that the statement is sent with
    login: str = ""  # the role that is there already, and gets a new verifier

    @override
    def __str__(self) -> str:
        where = self.source or "not in roles-sql"
        return f"{self.sql}  -- {self.database}, {where}"


@dataclass
class Plan:
    """What to run, in order, and what is only reported."""

    changes: list[Change] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)


# What another than the owner has granted is revoked as that role.
KIND = re.compile(
    r"(?:SET ROLE [^;]+;\s+)?"
    r"(ALTER DEFAULT PRIVILEGES|(?:ALTER|CREATE|DROP) [A-Z]+|[A-Z]+)"
)


def counted(changes: Iterable[Change]) -> str:
    """How many statements of each kind, in one line."""
    kinds = Counter[str]()
    for change in changes:
        found = KIND.match(change.sql)
        kinds[found[1] if found else "other"] += 1
    parts = [f"{number} {kind}" for kind, number in kinds.items()]
    return f"{number_of(kinds.total())}: {', '.join(parts)}"


def number_of(statements: int) -> str:
    """1 statement, 2 statements."""
    return "1 statement" if statements == 1 else f"{statements} statements"
