"""What GRANT and REVOKE are made of, as SQL."""

from collections.abc import Iterable

from howdah.names import identifier
from howdah.rights.catalog import Grant, Object
from howdah.rights.kinds import PUBLIC


def listed(grants: Iterable[Grant]) -> str:
    """The privileges, each with its columns: SELECT, INSERT (a, b)."""
    columns_of: dict[str, list[str]] = {}
    whole = set()
    for grant in grants:
        columns = columns_of.setdefault(grant.privilege, [])
        if grant.column:
            columns.append(identifier(grant.column))
        else:
            whole.add(grant.privilege)
    parts = []
    for privilege, columns in columns_of.items():
        if privilege in whole:
            parts.append(privilege)
        if columns:
            parts.append(f"{privilege} ({', '.join(columns)})")
    return ", ".join(parts)


def on(obj: Object) -> str:
    """The object after ON, with its kind: FUNCTION app.f(integer)."""
    return f"{obj.kind.upper()} {qualified(obj)}"


def qualified(obj: Object) -> str:
    """Its name as SQL, with its schema; a function's argument types are SQL already."""
    name = identifier(obj.name) + obj.arguments
    if not obj.schema:
        return name
    return f"{identifier(obj.schema)}.{name}"


def grantee_name(role: str) -> str:
    """After TO or FROM."""
    if role == PUBLIC:
        return "PUBLIC"
    return identifier(role)
