"""Who may log in where: PostgreSQL's rule, over roles-sql."""

from dataclasses import replace
from pathlib import Path

import pytest

from howdah.rights.catalog import Catalog, Role
from howdah.rights.reports import cannot_log_in
from howdah.roles_sql.sqlfiles import RolesSqlError, read
from howdah.roles_sql.statements import wanted
from howdah.roles_sql.wanted import Wanted

# A database whose owner logs in, one whose owner does not, and PUBLIC in neither.
BASE = """CREATE ROLE owner NOLOGIN; CREATE ROLE team LOGIN; CREATE ROLE readers NOLOGIN;
CREATE DATABASE d OWNER owner TEMPLATE template0 ENCODING 'UTF8';
CREATE DATABASE t OWNER team TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE d FROM PUBLIC; REVOKE ALL ON DATABASE t FROM PUBLIC;
CREATE ROLE ann LOGIN;
"""


def of(tmp_path: Path, sql: str, version: int = 17) -> Wanted:
    folder = tmp_path / "roles-sql"
    folder.mkdir(exist_ok=True)
    (folder / "1.sql").write_text(f"{BASE}{sql};\n")
    return wanted(read(folder, {}), version)


def databases(want: Wanted, role: str = "ann") -> list[str]:
    return [database for database, name in want.logins() if name == role]


@pytest.mark.parametrize(
    ("sql", "its"),
    [
        ("", []),
        ("GRANT CONNECT ON DATABASE d TO ann", ["d"]),
        ("GRANT CREATE, TEMPORARY ON DATABASE d TO ann", []),
        ("GRANT CONNECT ON DATABASE d TO readers", []),
        ("GRANT CONNECT ON DATABASE d TO readers; GRANT readers TO ann", ["d"]),
        ("GRANT readers TO ann; GRANT CONNECT ON DATABASE d TO readers; "
         "REVOKE CONNECT ON DATABASE d FROM ann", ["d"]),
        # by a chain, with and without a link of it
        ("GRANT CONNECT ON DATABASE d TO readers; CREATE ROLE more; GRANT readers TO more; "
         "GRANT more TO ann", ["d"]),
        ("GRANT CONNECT ON DATABASE d TO readers; CREATE ROLE more; "
         "GRANT readers TO more WITH INHERIT FALSE; GRANT more TO ann", []),
        # what is only to be SET ROLE to gives nothing
        ("GRANT CONNECT ON DATABASE d TO readers; GRANT readers TO ann WITH INHERIT FALSE", []),
        ("ALTER ROLE ann NOINHERIT; GRANT CONNECT ON DATABASE d TO readers; "
         "GRANT readers TO ann", []),
        ("ALTER ROLE ann NOINHERIT; GRANT CONNECT ON DATABASE d TO readers; "
         "GRANT readers TO ann WITH INHERIT TRUE", ["d"]),
        ("GRANT CONNECT ON DATABASE d TO readers; GRANT readers TO ann; "
         "ALTER ROLE ann NOINHERIT", ["d"]),
        # PUBLIC
        ("GRANT CONNECT ON DATABASE d TO PUBLIC", ["d"]),
        ("GRANT CONNECT ON DATABASE d TO PUBLIC; REVOKE CONNECT ON DATABASE d FROM ann", ["d"]),
        ("CREATE DATABASE e OWNER owner TEMPLATE template0 ENCODING 'UTF8'", ["e"]),
        # the owner, and its members
        ("GRANT owner TO ann", ["d"]),
        ("GRANT team TO ann", ["t"]),
        ("REVOKE CONNECT ON DATABASE t FROM team; GRANT team TO ann", []),
        ("GRANT CONNECT ON DATABASE t TO pg_database_owner; "
         "REVOKE CONNECT ON DATABASE t FROM team; GRANT team TO ann", ["t"]),
        # PostgreSQL's own databases: what roles-sql grants
        ("GRANT CONNECT ON DATABASE postgres TO ann", ["postgres"]),
        ("GRANT CONNECT ON DATABASE template1 TO readers; GRANT readers TO ann", ["template1"]),
        ("GRANT CONNECT ON DATABASE postgres TO PUBLIC", ["postgres"]),
        ("GRANT CONNECT ON DATABASE postgres TO ann; REVOKE ALL ON DATABASE postgres FROM ann", []),
        # PostgreSQL's own roles
        ("GRANT CONNECT ON DATABASE d TO pg_read_all_stats; GRANT pg_monitor TO ann", ["d"]),
        ("GRANT readers TO pg_monitor; GRANT CONNECT ON DATABASE d TO readers; "
         "GRANT pg_monitor TO ann", ["d"]),
        # a superuser is asked for no privilege; replication is a right of its own
        ("ALTER ROLE ann SUPERUSER", ["d", "postgres", "t", "template1"]),
        ("ALTER ROLE ann REPLICATION", ["replication"]),
        ("ALTER ROLE ann REPLICATION NOLOGIN; GRANT CONNECT ON DATABASE d TO ann", []),
    ],
)  # fmt: skip
def test_role_connects_as_postgresql_has_it(tmp_path: Path, sql: str, its: list[str]) -> None:
    assert databases(of(tmp_path, sql)) == its


def test_owner_that_logs_in_connects_to_its_own(tmp_path: Path) -> None:
    want = of(tmp_path, "REVOKE CONNECT ON DATABASE d FROM owner")
    assert want.logins() == [("t", "team")]


@pytest.mark.parametrize(
    ("sql", "its"),
    [
        ("GRANT readers TO ann; ALTER ROLE ann NOINHERIT", []),
        ("ALTER ROLE ann NOINHERIT; GRANT readers TO ann; ALTER ROLE ann INHERIT", ["d"]),
    ],
)
def test_before_16_a_member_inherits_by_its_attribute(
    tmp_path: Path, sql: str, its: list[str]
) -> None:
    """As it is in the end, whenever it was granted the role."""
    want = of(tmp_path, f"GRANT CONNECT ON DATABASE d TO readers; {sql}", 15)
    assert databases(want) == its
    assert list(want.members.values()) == [(False, bool(its), True)]


@pytest.mark.parametrize(
    ("sql", "version", "says"),
    [
        ("GRANT readers TO ann WITH INHERIT FALSE", 15, "WITH ADMIN FALSE need"),
        ("GRANT readers TO ann WITH SET FALSE", 15, "PostgreSQL 16 or newer, and this is 15"),
        ("GRANT readers TO ann; GRANT ann TO readers", 17, "ann is a member of readers already"),
        ("GRANT readers TO ann; GRANT ann TO team; GRANT team TO readers", 17,
         "team is a member of readers already"),
        ("GRANT pg_database_owner TO ann", 17, "pg_database_owner has one member"),
        ("GRANT ann TO pg_database_owner", 17, "is a member of no role"),
    ],
)  # fmt: skip
def test_membership_that_postgresql_would_reject(
    tmp_path: Path, sql: str, version: int, says: str
) -> None:
    with pytest.raises(RolesSqlError, match=rf"^roles-sql/1.sql:6: .*{says}"):
        of(tmp_path, sql, version)


PASSWORD = Role(password="hash")
EXPIRED = replace(PASSWORD, valid_until="2001-02-03T04:05:06", expired=True)


@pytest.mark.parametrize(
    ("sql", "now", "reason"),
    [
        ("", None, "no password (\\password sets one)"),
        ("", Role(), "no password (\\password sets one)"),
        ("", PASSWORD, ""),
        ("ALTER ROLE ann VALID UNTIL '2001-02-03T04:05:06Z'",
         EXPIRED,
         "it was VALID UNTIL 2001-02-03T04:05:06 UTC"),
        # which this deploy puts right
        ("", EXPIRED, ""),
        ("ALTER ROLE ann CONNECTION LIMIT 0", PASSWORD, "CONNECTION LIMIT is 0"),
        ("ALTER ROLE ann CONNECTION LIMIT 0 SUPERUSER", PASSWORD, ""),
        ("ALTER ROLE ann CONNECTION LIMIT 0", None,
         "no password (\\password sets one), CONNECTION LIMIT is 0"),
        ("REVOKE CONNECT ON DATABASE d FROM ann", PASSWORD, "it may CONNECT to no database"),
        ("ALTER ROLE ann NOLOGIN", None, ""),
    ],
)  # fmt: skip
def test_role_that_cannot_log_in_is_told_with_the_reason(
    tmp_path: Path, sql: str, now: Role | None, reason: str
) -> None:
    want = of(tmp_path, f"GRANT CONNECT ON DATABASE d TO ann; {sql}")
    found = Catalog(roles={"team": PASSWORD, **({"ann": now} if now else {})})
    said = f"role ann cannot log in: {reason}"
    assert cannot_log_in(found, want) == ([said] if reason else [])
