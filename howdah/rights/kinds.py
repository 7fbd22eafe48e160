"""The kinds of objects, and the privileges that there are on them."""

PUBLIC = ""  # as grantee

ALL = {
    "database": ("CREATE", "CONNECT", "TEMPORARY"),
    "schema": ("USAGE", "CREATE"),
    "table": (
        "SELECT",
        "INSERT",
        "UPDATE",
        "DELETE",
        "TRUNCATE",
        "REFERENCES",
        "TRIGGER",
        "MAINTAIN",
    ),
    "sequence": ("USAGE", "SELECT", "UPDATE"),
    "function": ("EXECUTE",),
    "procedure": ("EXECUTE",),
    "routine": ("EXECUTE",),  # a function or a procedure, in a statement
    "type": ("USAGE",),
    "language": ("USAGE",),
    "foreign data wrapper": ("USAGE",),
    "foreign server": ("USAGE",),
    "parameter": ("SET", "ALTER SYSTEM"),
}
MAINTAIN_SINCE = 17
COLUMN = ("SELECT", "INSERT", "UPDATE", "REFERENCES")
# What acldefault() gives PUBLIC.
TO_PUBLIC = {
    "database": ("CONNECT", "TEMPORARY"),
    "function": ("EXECUTE",),
    "procedure": ("EXECUTE",),
    "type": ("USAGE",),
    "language": ("USAGE",),
}
ROUTINES = ("function", "procedure")
# What stands in no schema of a database, and is PostgreSQL's or the superuser's own.
WITHOUT_SCHEMA = ("language", "foreign data wrapper", "foreign server")
DEFAULT_KINDS = ("table", "sequence", "function", "type", "schema")


def privileges(kind: str, version: int) -> tuple[str, ...]:
    """What ALL means for an object of that kind on PostgreSQL ``version``."""
    known = ALL[kind]
    if version >= MAINTAIN_SINCE:
        return known
    return tuple(privilege for privilege in known if privilege != "MAINTAIN")
