"""Who a cluster's own pg_hba.conf lets in, and Howdah's does not: told before it is adopted."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from howdah import rules
from howdah.catalog import Catalog
from howdah.knobs import SUPERUSER

Row = Mapping[str, Any]


def lines(rows: Iterable[Row], found: Catalog, logins: Collection[tuple[str, str]]) -> list[str]:
    """One for each rule that is the first to let some role in that has no record any more.

    ``rows``: of pg_hba_file_rules, as the server has read its own file. ``logins``: (database,
    role) of the records to come. The superuser stays, over the socket.
    """
    stay = {role for _, role in logins} | {SUPERUSER}
    out = {role for role, attributes in found.roles.items() if attributes["login"]} - stay
    said = []
    for row in rows:
        roles = sorted(role for role in out if _lets_in(row, role, found))
        out -= set(roles)
        if roles:
            said.append(f"{', '.join(roles)} can no longer log in: pg_hba.conf line "
                        f"{row['line_number']} ({rules.text(row)}) goes")  # fmt: skip
    return said


def _lets_in(row: Row, role: str, found: Catalog) -> bool:
    if row["error"] or row["auth_method"] == "reject":
        return False
    return any(_speaks_of(word, role, found) for word in row["user_name"])


def _speaks_of(word: str, role: str, found: Catalog) -> bool:
    """As hba.c reads the USER column."""
    if word.startswith("+"):
        return role in _members(word[1:], found)
    if word.startswith("/"):
        return _matches(word[1:], role)
    return word in ("all", role)


def _matches(pattern: str, role: str) -> bool:
    """PostgreSQL's regular expressions have more; one that Python cannot read may match."""
    try:
        return re.search(pattern, role) is not None
    except re.error:
        return True


def _members(group: str, found: Catalog) -> set[str]:
    """The group's own role too; directly or through others."""
    known, new = set[str](), {group}
    while new:
        known |= new
        new = set(_direct(new, found)) - known
    return known


def _direct(groups: Collection[str], found: Catalog) -> Iterator[str]:
    return (member.member for member in found.members if member.role in groups)
