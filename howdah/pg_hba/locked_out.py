"""Roles that a cluster's own pg_hba.conf allows and Howdah's does not, before it is adopted."""

import re
from collections.abc import Collection, Iterable

from howdah.options import SUPERUSER
from howdah.pg_hba import rules
from howdah.pg_hba.rules import Login, Row
from howdah.rights import membership
from howdah.rights.catalog import Catalog


def lines(
    rows: Iterable[Row],
    current: Catalog,
    logins: Collection[Login],
) -> list[str]:
    """One for each rule that is the first to let some role in that has no record any more.

    ``rows``: of pg_hba_file_rules, as the server has read its own file. ``logins``: those of the
    records to come. The superuser stays, over the socket.
    """
    stay = {SUPERUSER}
    for _, name in logins:
        stay.add(name)
    out = set()
    for name, role in current.roles.items():
        if role.login and name not in stay:
            out.add(name)
    said = []
    for row in rows:
        roles = [role for role in sorted(out) if _lets_in(row, role, current)]
        out.difference_update(roles)
        if roles:
            said.append(
                f"{', '.join(roles)} can no longer log in: pg_hba.conf line "
                f"{row['line_number']} ({rules.text(row)}) goes"
            )
    return said


def _lets_in(
    row: Row,
    role: str,
    current: Catalog,
) -> bool:
    if row["error"] or row["auth_method"] == "reject":
        return False
    return any(_speaks_of(word, role, current) for word in row["user_name"])


def _speaks_of(
    word: str,
    role: str,
    current: Catalog,
) -> bool:
    """As hba.c reads the USER column."""
    if word.startswith("+"):
        return _is_member(role, word[1:], current)
    if word.startswith("/"):
        return _matches(word[1:], role)
    return word in ("all", role)


def _matches(pattern: str, role: str) -> bool:
    """PostgreSQL's regular expressions have more; one that Python cannot read may match."""
    try:
        return re.search(pattern, role) is not None
    except re.error:
        return True


def _is_member(
    role: str,
    group: str,
    current: Catalog,
) -> bool:
    """The group's own role too; directly or through others."""
    above = membership.held(current.members)
    return group in membership.roles_of(role, above)
