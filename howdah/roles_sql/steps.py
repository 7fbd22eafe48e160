"""GRANT and REVOKE on objects, and what they make of an ACL."""

from collections.abc import Iterator
from typing import NamedTuple

from howdah.rights.catalog import Grant, Object
from howdah.rights.kinds import ROUTINES


class Allowed(NamedTuple):
    """A wanted privilege: whether with the option to grant, and where it is said."""

    grantable: bool
    source: str


Acl = dict[Grant, Allowed]
Privilege = tuple[str, str]  # column, privilege


class Step(NamedTuple):
    """One GRANT or REVOKE, on one object or (no name) on all of a kind in a schema.

    ON ROUTINE names a function or a procedure; a function without ``arguments`` the only one of
    that name.
    """

    grants: bool
    target: Object
    privileges: tuple[Privilege, ...]
    grantees: tuple[str, ...]
    option: bool  # WITH GRANT OPTION, or GRANT OPTION FOR
    source: str


def spellings(obj: Object) -> Iterator[Object]:
    """What a GRANT or REVOKE may call the object."""
    yield obj
    if obj.kind in ROUTINES:
        database, kind, schema, name, arguments = obj
        yield Object(database, "routine", schema, name, arguments)
        yield Object(database, kind, schema, name)
        yield Object(database, "routine", schema, name)


def apply(step: Step, acl: Acl) -> None:
    """One after the other, in the order of roles-sql."""
    for grantee in step.grantees:
        for column, privilege in step.privileges:
            grant = Grant(column, grantee, privilege)
            if step.grants:
                _add(step, grant, acl)
            else:
                _take(step, grant, acl)


def _add(
    step: Step,
    grant: Grant,
    acl: Acl,
) -> None:
    grantable = step.option
    before = acl.get(grant)
    if before and before.grantable:
        grantable = True
    acl[grant] = Allowed(grantable, step.source)


def _take(
    step: Step,
    grant: Grant,
    acl: Acl,
) -> None:
    """On the whole table it takes the columns' along."""
    for each in list(acl):
        on_the_whole = each._replace(column="")
        if grant not in (each, on_the_whole):
            continue
        if step.option:
            acl[each] = Allowed(False, step.source)
        else:
            del acl[each]
