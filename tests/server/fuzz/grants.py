"""GRANT, REVOKE and ALTER DEFAULT PRIVILEGES, drawn at random."""

from hypothesis import strategies as st

from howdah.names import identifier
from tests.server.fuzz.things import (
    APP,
    COLUMNS,
    FUNCTIONS,
    OF_COLUMNS,
    OWN_FUNCTIONS,
    OWN_TABLES,
    PRIVILEGES,
    PROCEDURES,
    ROLE,
    ROLES,
    SCHEMAS,
    SEQUENCES,
    TYPES,
    Some,
    Statement,
    some,
)


def _words(kind: str, version: int) -> Some:
    known = PRIVILEGES[kind]
    if kind == "TABLE" and version >= 17:
        known = (*known, "MAINTAIN")
    return st.one_of(some(known), st.sampled_from(["ALL", "ALL PRIVILEGES"]))


@st.composite
def _grantees(draw: st.DrawFn, among: Some) -> tuple[str, ...]:
    several = st.lists(among, min_size=1, max_size=2, unique=True)
    odd = st.sampled_from([["PUBLIC"], ["PUBLIC"], ["pg_monitor"], ["postgres"]])
    return tuple(draw(st.one_of(several, several, odd)))


@st.composite
def _right(
    draw: st.DrawFn, words: Some, on: Some, database: str = "", among: Some = ROLE
) -> Statement:
    """GRANT or REVOKE of ``words`` on what ``on`` draws."""
    to = draw(_grantees(among))
    said = f"{draw(words)} ON {draw(on)}"
    by = draw(st.sampled_from(["", "", "", " GRANTED BY CURRENT_USER"]))
    if draw(st.integers(0, 2)):
        option = " WITH GRANT OPTION" if "PUBLIC" not in to and draw(st.booleans()) else ""
        return Statement(database, f"GRANT {said} TO {', '.join(to)}{option}{by};")
    option = draw(st.sampled_from(["", "", "GRANT OPTION FOR "])) if "PUBLIC" not in to else ""
    rest = draw(st.sampled_from(["", " CASCADE"]))
    return Statement(database, f"REVOKE {option}{said} FROM {', '.join(to)}{by}{rest};")


@st.composite
def _column_words(draw: st.DrawFn, columns: tuple[str, ...]) -> str:
    listed = draw(some(columns, most=2))
    return draw(
        some(OF_COLUMNS, most=2).map(
            lambda words: ", ".join(f"{word} ({listed})" for word in words.split(", "))
        )
        | st.just(f"ALL ({listed})")
    )


@st.composite
def _on_columns(draw: st.DrawFn, tables: list[str]) -> Statement:
    table = draw(st.sampled_from(tables))
    on = st.just(f"TABLE {table}")
    return draw(_right(_column_words(COLUMNS[table]), on, APP))


def _on(kind: str, words: str, names: tuple[str, ...], version: int) -> Some:
    """ON kind name, with the privileges of ``words``."""
    on = some(names, most=2).map(lambda listed: f"{kind} {listed}")
    return _right(_words(words, version), on, APP)


def _in_schema(plural: str, words: str, version: int) -> Some:
    on = some(("app", "s2"), most=2).map(lambda listed: f"ALL {plural} IN SCHEMA {listed}")
    return _right(_words(words, version), on, APP)


def rights(tables: list[str], version: int) -> Some:
    """GRANT and REVOKE of every kind; ``tables``: those that are there."""
    databases = st.sampled_from([APP, APP, "postgres", "template1"])
    on_objects = st.one_of(
        _on("TABLE", "TABLE", tuple(tables), version),
        _on("TABLE", "TABLE", tuple(tables), version),
        _on_columns(tables),
        _on_columns(tables),
        _on("SEQUENCE", "SEQUENCE", SEQUENCES, version),
        _on("FUNCTION", "FUNCTION", FUNCTIONS, version),
        _on("PROCEDURE", "FUNCTION", PROCEDURES, version),
        _on("ROUTINE", "FUNCTION", FUNCTIONS[:5], version),
        _on("TYPE", "TYPE", TYPES, version),
        _on("DOMAIN", "TYPE", ("app.pos",), version),
    )
    return st.one_of(
        on_objects,
        on_objects,
        on_objects,
        _right(_words("DATABASE", version), databases.map("DATABASE {}".format)),
        _on("SCHEMA", "SCHEMA", SCHEMAS, version),
        _right(_words("SCHEMA", version), st.just("SCHEMA public"), "postgres"),
        _right(_words("SCHEMA", version), st.just("SCHEMA public"), "template1"),
        _in_schema("TABLES", "TABLE", version),
        _in_schema("SEQUENCES", "SEQUENCE", version),
        _in_schema("ROUTINES", "FUNCTION", version),
        _in_schema("FUNCTIONS", "FUNCTION", version),
        _in_schema("PROCEDURES", "FUNCTION", version),
        _of_postgresqls(version),
    )


def _of_postgresqls(version: int) -> Some:
    """On what stands in no schema of a team's."""
    return st.one_of(
        _on("FUNCTION", "FUNCTION", OWN_FUNCTIONS, version),
        _on("TABLE", "TABLE", OWN_TABLES, version),
        _on("LANGUAGE", "TYPE", ("plpgsql", "sql"), version),
        _on("FOREIGN DATA WRAPPER", "TYPE", ("wrap",), version),
        _on("FOREIGN SERVER", "TYPE", ('"Far"',), version),
        _right(
            _words("PARAMETER", version),
            some(("work_mem", "Log_Statement", "shop.tenant"), most=2).map("PARAMETER {}".format),
        ),
    )


# -- Default privileges -----------------------------------------------------------------------


@st.composite
def default(draw: st.DrawFn, version: int, *, in_schema: bool) -> Statement:
    kinds = {
        "TABLES": "TABLE",
        "SEQUENCES": "SEQUENCE",
        "FUNCTIONS": "FUNCTION",
        "ROUTINES": "FUNCTION",
        "TYPES": "TYPE",
        "SCHEMAS": "SCHEMA",
    }
    plural = draw(st.sampled_from([k for k in kinds if not in_schema or k != "SCHEMAS"]))
    creators = draw(some(["own", "ann"], most=2))
    place = f" IN SCHEMA {draw(some(('app', 's2'), most=2))}" if in_schema else ""
    # an owner's own privileges are its own: Howdah rejects them here
    others = st.sampled_from(["bob", identifier(ROLES[3])])
    right = draw(_right(_words(kinds[plural], version), st.just(plural), among=others))
    before, whose, after = draw(
        st.sampled_from(
            [
                ("", f" FOR ROLE {creators}", ""),
                ("", f" FOR ROLE {creators}", ""),
                ("SET ROLE own;\n", "", "\nRESET ROLE;"),
                ("SET ROLE own;\n", " FOR ROLE CURRENT_USER", "\nRESET ROLE;"),
            ]
        )
    )
    return Statement(
        APP, f"{before}ALTER DEFAULT PRIVILEGES{whose}{place} {_plain(right.sql)};{after}"
    )


def of_the_superusers(version: int) -> Some:
    """A default privilege without FOR ROLE, after what the superuser makes in these files.

    A plan makes extensions before it sets default privileges, which theirs do not follow.
    """
    others = st.sampled_from(["own", "ann"])
    words, on = _words("TABLE", version), st.just("TABLES")
    rights = _right(words, on, among=others).filter(lambda r: "postgres" not in r.sql)
    return rights.map(lambda r: Statement(APP, f"ALTER DEFAULT PRIVILEGES {_plain(r.sql)};"))


def _plain(sql: str) -> str:
    """Without what a default privilege cannot have."""
    return sql.removesuffix(";").removesuffix(" CASCADE").removesuffix(" GRANTED BY CURRENT_USER")
