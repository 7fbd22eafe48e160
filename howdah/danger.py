"""A report of what opens a door, or is not as roles-sql has it, and no deploy puts right."""


class Danger(str):
    """It fails `make verify`, unless the inventory's ``allowed`` has the line.

    A report that is no Danger is a stranger's: a role or a database that has no power here.
    """

    __slots__ = ("kind",)
    kind: str  # what it is about, one of KINDS

    def __new__(cls, line: str, kind: str) -> "Danger":
        made = super().__new__(cls, line)
        made.kind = kind
        return made


# Each is a test of `make verify`.
KINDS = (
    "database",
    "event trigger",
    "extension",
    "function",
    "language",
    "owner",
    "publication",
    "replication slot",
    "role",
    "row security",
    "rule",
    "schema",
    "setting",
    "subscription",
    "trigger",
    "user mapping",
)
