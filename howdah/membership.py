"""Which roles' privileges a role has: PostgreSQL's own rule (acl.c, roles_is_member_of)."""

from collections.abc import Iterable, Mapping

from howdah.catalog import Member

DATABASE_OWNER = "pg_database_owner"  # its only member is the owner of the database at hand
# Memberships that every server is born with: (role, member).
PREDEFINED = (
    ("pg_read_all_settings", "pg_monitor"),
    ("pg_read_all_stats", "pg_monitor"),
    ("pg_stat_scan_tables", "pg_monitor"),
)

Above = Mapping[str, set[str]]  # member -> the roles that it is a member of


def inherited(members: Mapping[Member, tuple[bool, ...]], owner: str = "") -> Above:
    """Memberships that give privileges, in the database of ``owner``."""
    direct = [(m.role, m.member) for m, (_, inherits, _) in members.items() if inherits]
    return _above([*direct, *PREDEFINED, (DATABASE_OWNER, owner)])


def held(members: Iterable[Member]) -> Above:
    """All memberships, whatever they give."""
    return _above((m.role, m.member) for m in members)


def roles_of(role: str, above: Above) -> set[str]:
    """The role itself, and each that it is a member of, by chains too."""
    known, left = {role}, [role]
    while left:
        new = above.get(left.pop(), set()) - known
        known |= new
        left += new
    return known


def _above(pairs: Iterable[tuple[str, str]]) -> Above:
    above: dict[str, set[str]] = {}
    for role, member in pairs:
        above.setdefault(member, set()).add(role)
    return above
