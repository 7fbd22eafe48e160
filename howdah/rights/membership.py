"""Which roles' privileges a role has: PostgreSQL's own rule (acl.c, roles_is_member_of)."""

from collections.abc import Iterable, Mapping

from howdah.options import SUPERUSER
from howdah.rights.catalog import Member, MemberOptions

DATABASE_OWNER = "pg_database_owner"  # its only member is the owner of the current database
# Memberships that every server is born with: (role, member).
PREDEFINED = (
    ("pg_read_all_settings", "pg_monitor"),
    ("pg_read_all_stats", "pg_monitor"),
    ("pg_stat_scan_tables", "pg_monitor"),
)
# Every server's own, and since which version.
ROLES_SINCE = {
    "pg_checkpoint": 15,
    "pg_create_subscription": 16,
    "pg_database_owner": 14,
    "pg_execute_server_program": 11,
    "pg_maintain": 17,
    "pg_monitor": 10,
    "pg_read_all_data": 14,
    "pg_read_all_settings": 10,
    "pg_read_all_stats": 10,
    "pg_read_server_files": 11,
    "pg_signal_autovacuum_worker": 18,
    "pg_signal_backend": 10,
    "pg_stat_scan_tables": 10,
    "pg_use_reserved_connections": 16,
    "pg_write_all_data": 14,
    "pg_write_server_files": 11,
}

# INHERIT, SET and GRANTED BY of a membership came with it.
OPTIONS_SINCE = 16

Members = Mapping[Member, MemberOptions]
Pair = tuple[str, str]  # role, member
Above = Mapping[str, set[str]]  # member -> the roles that it is a member of


def predefined(version: int) -> list[str]:
    """PostgreSQL's own roles."""
    names = []
    for name, since in ROLES_SINCE.items():
        if since <= version:
            names.append(name)
    return names


def inherited(members: Members, owner: str = "") -> Above:
    """Memberships that give privileges, in the database of ``owner``."""
    pairs = [*PREDEFINED, (DATABASE_OWNER, owner)]
    for member, options in members.items():
        if options.inherit:
            pairs.append((member.role, member.member))
    return _above(pairs)


def held(members: Iterable[Member]) -> Above:
    """All memberships, whatever they give."""
    pairs = []
    for member in members:
        pairs.append((member.role, member.member))
    return _above(pairs)


def administrators(
    members: Members,
    role: str,
    without: str = "",
) -> set[str]:
    """Who may grant the role: the superuser, and by chains of ADMIN OPTION from there.

    ``without``: whose own option does not count.
    """
    with_option = []
    for member, options in members.items():
        if member.role == role and options.admin:
            with_option.append(member)
    known = {SUPERUSER}
    left = [SUPERUSER]
    while left:
        grantor = left.pop()
        for member in with_option:
            name = member.member
            if member.grantor == grantor and name != without and name not in known:
                known.add(name)
                left.append(name)
    return known


def roles_of(role: str, above: Above) -> set[str]:
    """The role itself, and each that it is a member of, by chains too."""
    known = {role}
    left = [role]
    while left:
        member = left.pop()
        new = above.get(member, set()) - known
        known |= new
        left += new
    return known


def _above(pairs: Iterable[Pair]) -> Above:
    above: dict[str, set[str]] = {}
    for role, member in pairs:
        roles = above.setdefault(member, set())
        roles.add(role)
    return above
