"""What the team files and the drifts are about: a few names, and objects that a migration makes."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

from howdah.names import identifier

Some = st.SearchStrategy[Any]

ROLES = ("own", "ann", "bob", "Cy $λ")
ROLE = st.sampled_from(ROLES).map(identifier)
APP, SECOND = "appdb", "second"
# What a plain file of roles-sql can say of them, in the order that psql needs.
TABLES = {
    "app.parent": "(id serial PRIMARY KEY, name text)",
    "app.child": '(id int GENERATED ALWAYS AS IDENTITY, "Of" int REFERENCES app.parent)',
    "app.any": "(id bigserial, name text, CHECK (id > 0))",
    "s2.notes": "(id int, name text)",
}
COLUMNS = {
    "app.parent": ("id", "name"),
    "app.child": ("id", '"Of"'),
    "app.any": ("id", "name"),
    "s2.notes": ("id", "name"),
    "app.plain": ("a", '"B"'),
    "app.v": ("one",),
    "app.m": ("one",),
    "app.part": ("k",),
    "app.part1": ("k",),
    "s2.v": ("one",),
    "public.x": ("a",),
}
# By hand, as a migration does: by the owner of each schema.
MADE = {
    "s2": """
        CREATE TYPE s2.color AS ENUM ('red');
        CREATE VIEW s2.v AS SELECT 1 AS one;
        CREATE FUNCTION s2.fn() RETURNS int LANGUAGE sql AS 'SELECT 1';
    """,
    "app": """
        CREATE TABLE app.plain (a int, "B" text);
        CREATE VIEW app.v AS SELECT 1 AS one;
        CREATE MATERIALIZED VIEW app.m AS SELECT 1 AS one;
        CREATE TABLE app.part (k int) PARTITION BY LIST (k);
        CREATE TABLE app.part1 PARTITION OF app.part FOR VALUES IN (1);
        CREATE SEQUENCE app.numbers;
        CREATE TYPE app.mood AS ENUM ('good');
        CREATE DOMAIN app.pos AS int CHECK (value > 0);
        CREATE TYPE app.pair AS (a int, b int);
        CREATE TYPE app.span AS RANGE (subtype = int);
        CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION app.f(int, text) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION app.g(s2.color) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION app.h(timestamptz, numeric[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION app.many("char", char, varchar, bit, varbit, time, timetz, timestamp,
            float4, bool, money, regclass, int4range, tsquery, oid[], OUT xml) LANGUAGE sql
            AS 'SELECT NULL::xml';
        CREATE FUNCTION app.any_of(anyelement, VARIADIC text[]) RETURNS int LANGUAGE sql
            AS 'SELECT 1';
        CREATE PROCEDURE app.p(a int) LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION app.p(a int, b int) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE PROCEDURE app.out(a int, OUT b s2.color) LANGUAGE sql AS 'SELECT NULL::s2.color';
    """,
    "public": "CREATE TABLE public.x (a int); ",
}
SEQUENCES = ("app.numbers",)
FUNCTIONS = (
    "app.f()",
    "app.f(int, text)",
    "app.g(s2.color)",
    "app.g",
    "app.h(timestamptz, numeric[])",
    'app.many("char", char, varchar, bit, varbit, time, timetz, timestamp, float4, bool, money, '
    "regclass, int4range, tsquery, oid[])",
    "app.many",
    "app.any_of(anyelement, text[])",
    "app.p(int, int)",
    "s2.fn()",
)
PROCEDURES = ("app.p(int)", "app.out", "app.out(int)")
TYPES = ("app.mood", "app.pos", "app.pair", "app.span", "s2.color")
# PostgreSQL's own, and what the superuser has made.
OWN_FUNCTIONS = (
    "pg_catalog.pg_read_file(text)",
    "pg_catalog.lo_creat(int)",
    "pg_catalog.pg_ls_waldir()",
    "pg_catalog.pg_sleep(float8)",
)
OWN_TABLES = ("pg_catalog.pg_roles", "pg_catalog.pg_authid", "pg_catalog.pg_stat_activity")
SERVERS = """
CREATE FOREIGN DATA WRAPPER wrap;
CREATE SERVER "Far" FOREIGN DATA WRAPPER wrap;
"""
SCHEMAS = ("app", "s2", "public")
PRIVILEGES = {
    "DATABASE": ("CREATE", "CONNECT", "TEMP"),
    "SCHEMA": ("USAGE", "CREATE"),
    "TABLE": ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"),
    "SEQUENCE": ("USAGE", "SELECT", "UPDATE"),
    "FUNCTION": ("EXECUTE",),
    "TYPE": ("USAGE",),
    "PARAMETER": ("SET", "ALTER SYSTEM"),
}
OF_COLUMNS = ("SELECT", "INSERT", "UPDATE", "REFERENCES")


class Statement(NamedTuple):
    """One of a team file; ``database``: where it must run, empty: anywhere."""

    database: str
    sql: str


def some(of: Sequence[str], least: int = 1, most: int = 3) -> Some:
    """A few of them, each once, as SQL."""
    few = st.lists(st.sampled_from(of), min_size=least, max_size=most, unique=True)
    return few.map(", ".join)


def text(statements: Sequence[Statement]) -> str:
    """A file of roles-sql, with a connect line wherever the next one needs it."""
    lines, database = [], "postgres"
    for statement in statements:
        if statement.database not in ("", database):
            database = statement.database
            lines.append(f"\\connect {database}")
        lines.append(statement.sql)
    return "\n".join(lines) + "\n"


def by_owner(owner: str, sql: str) -> str:
    """As a migration runs it, whatever its owner may do at that time."""
    role = identifier(owner)
    return f"""SELECT NOT rolsuper AS small FROM pg_roles WHERE rolname = '{owner}' \\gset
ALTER ROLE {role} SUPERUSER; SET ROLE {role}; {sql} RESET ROLE;
\\if :small
ALTER ROLE {role} NOSUPERUSER;
\\endif
"""
