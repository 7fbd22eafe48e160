"""GRANT role TO role, in roles-sql."""

from howdah.options import SUPERUSER
from howdah.rights import membership
from howdah.rights.catalog import Member, MemberOptions
from howdah.rights.membership import DATABASE_OWNER, OPTIONS_SINCE
from howdah.roles_sql.nodes import Options, Reading
from howdah.roles_sql.sqlfiles import RolesSqlError
from howdah.roles_sql.wanted import Wanted


def grant_role(reading: Reading) -> None:
    """GRANT role TO role."""
    node = reading.node
    reading.check_only(node, "granted_roles grantee_roles is_grant opt behavior grantor")
    if not node.get("is_grant"):
        raise reading.error("what is not granted here is revoked by itself")
    options = reading.options(node, MemberOptions._fields)
    grantor = SUPERUSER
    if "grantor" in node:
        grantor = reading.role(node["grantor"])
    if reading.want.version < OPTIONS_SINCE:
        _check_options(reading, options, grantor)
    for granted in node["granted_roles"]:
        role = reading.known_role(granted["AccessPriv"]["priv_name"])
        for grantee in node["grantee_roles"]:
            member = Member(role, reading.role(grantee), grantor)
            add_member(reading, member, options)


def _check_options(
    reading: Reading,
    options: Options,
    grantor: str,
) -> None:
    since = f"{OPTIONS_SINCE} or newer, and this is {reading.want.version}"
    others = options.keys() - {"admin"}
    if others or not options.get("admin", True):
        raise reading.error(
            f"WITH INHERIT, WITH SET and WITH ADMIN FALSE need PostgreSQL {since}; write "
            "NOINHERIT of the member"
        )
    if grantor != SUPERUSER:
        raise reading.error(f"GRANTED BY {grantor} needs PostgreSQL {since}; leave it out")


def add_member(
    reading: Reading,
    member: Member,
    options: Options,
) -> None:
    """``options``: those that are named. The others stay as they are."""
    want = reading.want
    admin = options.get("admin", False)
    _check_member(reading, member, admin=admin)
    before = want.members.get(member)
    if before is None:
        before = MemberOptions(inherit=inherits_by_itself(want, member.member))
    want.members[member] = before._replace(**options)
    want.sources[member] = reading.source


def inherits_by_itself(want: Wanted, name: str) -> bool:
    """Whether a role inherits where its membership does not say it."""
    role = want.roles.get(name)
    return role is None or role.inherit


def _check_member(
    reading: Reading,
    member: Member,
    *,
    admin: bool,
) -> None:
    """What PostgreSQL itself would reject."""
    role, name, grantor = member
    members = reading.want.members
    if name == role:
        raise reading.error("a role is no member of itself")
    if DATABASE_OWNER in member:
        raise reading.error(
            f"{DATABASE_OWNER} has one member, the database's owner, and is a member of no role"
        )
    above = membership.held(members)
    if name in membership.roles_of(role, above):
        raise reading.error(f"{role} is a member of {name} already: needs no circle")
    able = membership.administrators(members, role)
    if grantor not in able:
        raise reading.error(
            f"GRANTED BY {grantor} needs GRANT {role} TO {grantor} WITH ADMIN OPTION before it"
        )
    others = membership.administrators(members, role, without=name)
    if admin and grantor not in others:
        raise reading.error(
            f"{grantor} has ADMIN OPTION on {role} by way of {name}, and cannot grant it back"
        )


def check_grantors(want: Wanted) -> None:
    """A later line may have taken ADMIN OPTION from who has granted: nobody could make it again."""
    for member in want.members:
        able = membership.administrators(want.members, member.role)
        if member.grantor not in able:
            raise RolesSqlError(
                f"{want.sources[member]}: {member.grantor} has no ADMIN OPTION on {member.role} "
                "at the end"
            )
