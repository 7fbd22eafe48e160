"""One step of a plan."""

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

    @override
    def __str__(self) -> str:
        where = self.source or "not in roles-sql"
        return f"{self.sql}  -- {self.database}, {where}"


@dataclass
class Plan:
    """What to run, in order, and what is only told."""

    changes: list[Change] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
