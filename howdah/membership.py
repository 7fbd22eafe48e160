"""Which roles' privileges a role has: PostgreSQL's own rule (acl.c, roles_is_member_of)."""

from collections.abc import Iterable, Mapping

from howdah.catalog import Member
from howdah.knobs import SUPERUSER

DATABASE_OWNER = "pg_database_owner"  # its only member is the owner of the database at hand
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

Above = Mapping[str, set[str]]  # member -> the roles that it is a member of


def inherited(members: Mapping[Member, tuple[bool, ...]], owner: str = "") -> Above:
    """Memberships that give privileges, in the database of ``owner``."""
    direct = [(m.role, m.member) for m, (_, inherits, _) in members.items() if inherits]
    return _above([*direct, *PREDEFINED, (DATABASE_OWNER, owner)])


def held(members: Iterable[Member]) -> Above:
    """All memberships, whatever they give."""
    return _above((m.role, m.member) for m in members)


def administrators(
    members: Mapping[Member, tuple[bool, ...]], role: str, without: str = ""
) -> set[str]:
    """Who may grant the role: the superuser, and by chains of ADMIN OPTION from there.

    ``without``: whose own option does not count.
    """
    direct = [m for m, (admin, *_) in members.items() if admin and m.role == role]
    known, new = set[str](), {SUPERUSER}
    while new:
        known |= new
        new = {m.member for m in direct if m.grantor in known} - known - {without}
    return known


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
