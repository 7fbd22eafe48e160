"""Team files: what roles-sql accepts, drawn at random.

A new kind of statement is one more small strategy, in the list of those that it belongs to.
"""

from dataclasses import dataclass

from hypothesis import strategies as st
from typing_extensions import override

from howdah.names import identifier
from tests.server.fuzz.grants import default, of_the_superusers, rights
from tests.server.fuzz.things import (
    APP,
    COLUMNS,
    MADE,
    ROLE,
    ROLES,
    SECOND,
    SERVERS,
    TABLES,
    Some,
    Statement,
    by_owner,
    text,
)

# -- Roles ---------------------------------------------------------------------------------

FLAGS = ("SUPERUSER", "CREATEDB", "CREATEROLE", "NOINHERIT", "LOGIN", "REPLICATION", "BYPASSRLS")
VALUES = (
    "CONNECTION LIMIT 3",
    "CONNECTION LIMIT 0",
    "VALID UNTIL '2030-01-01T00:00:00Z'",
    "VALID UNTIL 'infinity'",
    "PASSWORD :'app_verifier'",
    "PASSWORD :'backup_verifier'",
)
SETTINGS = (
    "work_mem = '64MB'",
    "statement_timeout = 0",
    "lock_timeout TO '5s'",
    "jit = on",
    "search_path = app, public",
    'search_path = "$user", "a b"',
    "search_path TO ''",
    "timezone = 'Asia/Tokyo'",
    "DateStyle = ISO, DMY",
    "shop.tenant = 'it''s'",
    "default_transaction_deferrable = 'on'",
    "random_page_cost = 1.5",
)


def _attributes() -> Some:
    flags = st.lists(st.sampled_from(FLAGS), max_size=3, unique=True)
    values = st.lists(st.sampled_from(VALUES), max_size=2, unique_by=lambda v: v.split()[0])
    return st.builds(lambda a, b: " ".join([*a, *b]), flags, values)


@st.composite
def _create_role(draw: st.DrawFn, name: str, earlier: tuple[str, ...]) -> Statement:
    word = draw(st.sampled_from(["ROLE", "ROLE", "USER"]))
    rest = draw(_attributes())
    if earlier and draw(st.integers(0, 2)) == 0:
        clause = draw(st.sampled_from(["IN ROLE", "ROLE", "ADMIN"]))
        rest += f" {clause} {identifier(draw(st.sampled_from(earlier)))}"
    return Statement("", f"CREATE {word} {identifier(name)} {rest};")


@st.composite
def _alter_role(draw: st.DrawFn) -> Statement:
    flag = draw(st.sampled_from([*FLAGS, "NOSUPERUSER", "NOLOGIN", "INHERIT", *VALUES]))
    return Statement("", f"ALTER ROLE {draw(ROLE)} {flag};")


@st.composite
def _setting(draw: st.DrawFn) -> Statement:
    role = draw(st.one_of(ROLE, st.just("postgres")))
    whose = draw(
        st.sampled_from([f"ROLE {role}", f"ROLE {role} IN DATABASE {APP}", f"DATABASE {APP}"])
    )
    said = draw(st.sampled_from(SETTINGS))
    name = said.split()[0]
    return Statement(
        "",
        draw(
            st.sampled_from(
                [
                    f"ALTER {whose} SET {said};",
                    f"ALTER {whose} SET {said};",
                    f"ALTER {whose} RESET {name};",
                    f"ALTER {whose} RESET ALL;",
                    f"SET {said};\nALTER {whose} SET {name} FROM CURRENT;\nRESET {name};",
                    f"ALTER {whose} SET {name} TO DEFAULT;",
                ]
            )
        ),
    )


@st.composite
def _comment(draw: st.DrawFn) -> Statement:
    what = draw(st.sampled_from([f"ROLE {draw(ROLE)}", f"DATABASE {APP}"]))
    said = draw(st.sampled_from(["'it''s \\ said'", "'two\nlines'", "''", "NULL"]))
    return Statement("", f"COMMENT ON {what} IS {said};")


@st.composite
def _comment_there(draw: st.DrawFn, tables: list[str]) -> Statement:
    on = ["SCHEMA app", "SCHEMA public", *[f"TABLE {table}" for table in tables]]
    what = draw(st.sampled_from(on))
    said = draw(st.sampled_from(["'ours'", "''", "NULL"]))
    return Statement(APP, f"COMMENT ON {what} IS {said};")


def _member(version: int) -> Some:
    options = ["", "", "WITH ADMIN OPTION"]
    if version >= 16:
        options += [
            "WITH ADMIN TRUE",
            "WITH INHERIT FALSE",
            "WITH SET FALSE",
            "WITH INHERIT TRUE, SET FALSE",
            "WITH ADMIN FALSE",
        ]
    if version >= 16:
        options += ["GRANTED BY ann", "WITH INHERIT FALSE GRANTED BY CURRENT_USER"]
    of = st.one_of(ROLE, ROLE, st.sampled_from(["pg_monitor", "pg_read_all_stats"]))
    return st.builds(
        lambda role, member, option: Statement("", f"GRANT {role} TO {member} {option};"),
        of,
        ROLE,
        st.sampled_from(options),
    )


# -- A whole team ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Team:
    """Files, what a migration makes after they were run once, and files with rights on that too.

    Howdah deploys all of them before the migration and again after it.
    """

    first: tuple[str, ...]
    migration: str
    later: tuple[str, ...]

    @property
    def files(self) -> tuple[str, ...]:
        return (*self.first, *self.later)

    @override
    def __repr__(self) -> str:
        """As SQL that can be pasted."""
        first = "".join(f"\n\\connect postgres\n{one}" for one in self.first)
        later = "".join(f"\n\\connect postgres\n{one}" for one in self.later)
        return f"-- roles-sql\n{first}\n-- by hand\n{self.migration}\n-- roles-sql\n{later}"


def _lists(of: Some, most: int) -> Some:
    return st.lists(of, max_size=most)


@st.composite
def _split(draw: st.DrawFn, statements: list[Statement]) -> tuple[str, ...]:
    """Over one file or two."""
    at = draw(st.integers(0, len(statements)))
    parts = [statements[:at], statements[at:]]
    return tuple(text(part) for part in parts if part)


@st.composite
def _tables(draw: st.DrawFn, owners: dict[str, str]) -> dict[str, Statement]:
    names = draw(st.lists(st.sampled_from(sorted(TABLES)), max_size=3, unique=True))
    if "app.child" in names:
        names.append("app.parent")
    made = {}
    for name in TABLES:
        if name in names:
            schema = name.partition(".")[0]
            owner = identifier(owners[schema])
            sql = f"SET ROLE {owner};\nCREATE TABLE IF NOT EXISTS {name} {TABLES[name]};"
            made[name] = Statement(APP, f"{sql}\nRESET ROLE;")
    return made


EXTENSIONS = (
    "citext WITH SCHEMA app",
    "pg_trgm WITH SCHEMA public",
    "pg_stat_statements WITH SCHEMA app",
    "hstore WITH SCHEMA s2",
    "earthdistance WITH SCHEMA app CASCADE",
)


@st.composite
def teams(draw: st.DrawFn, version: int) -> Team:
    owner = st.sampled_from(ROLES)
    owners = {"app": draw(owner), "s2": draw(owner), "public": draw(owner)}
    first = [draw(_create_role(name, ROLES[:n])) for n, name in enumerate(ROLES)]
    base = f"CREATE DATABASE {APP} OWNER {identifier(owners['public'])}"
    more = draw(st.sampled_from(["", "", " CONNECTION LIMIT 5", " LOCALE 'C'"]))
    first.append(Statement("", f"{base} TEMPLATE template0 ENCODING 'UTF8'{more};"))
    if draw(st.integers(0, 3)) == 0:
        owners["public"] = draw(owner)
        to = f"OWNER TO {identifier(owners['public'])}"
        first.append(Statement("", f"ALTER DATABASE {APP} {to};"))
        first.append(Statement("", f"ALTER DATABASE {APP} CONNECTION LIMIT 8;"))
    if draw(st.integers(0, 4)) == 4:
        sql = f"CREATE DATABASE {SECOND} OWNER {draw(ROLE)} TEMPLATE template0 ENCODING 'UTF8'"
        first.append(Statement("", f"{sql} CONNECTION LIMIT 4;"))
    first += draw(
        _lists(st.one_of(_alter_role(), _setting(), _member(version), _member(version)), 5)
    )
    first += draw(_lists(default(version, in_schema=False), 2))
    # What is in schema public is managed where a file names the schema.
    first.append(Statement(APP, "REVOKE CREATE ON SCHEMA public FROM PUBLIC;"))
    for schema in ("app", "s2"):
        sql = f"CREATE SCHEMA {schema} AUTHORIZATION {identifier(owners[schema])};"
        first.append(Statement(APP, sql))
    first += draw(_lists(default(version, in_schema=True), 3))
    extensions = draw(st.lists(st.sampled_from(EXTENSIONS), max_size=1))
    first += [Statement(APP, f"CREATE EXTENSION {e};") for e in extensions]
    first += draw(_lists(of_the_superusers(version), 1))
    tables = draw(_tables(owners))
    first += tables.values()
    first += draw(_lists(_comment_there(sorted(tables)), 1))
    migration = f"\\connect {APP}\n" + "".join(by_owner(owners[s], MADE[s]) for s in MADE) + SERVERS
    there = [name for name in COLUMNS if name in tables or name not in TABLES]
    later = draw(_lists(rights(there, version), 8))
    return Team(draw(_split(first)), migration, draw(_split(later)))
