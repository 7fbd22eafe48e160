"""Changes by hand, drawn at random."""

from dataclasses import dataclass

from hypothesis import strategies as st
from typing_extensions import override

from howdah.names import identifier
from tests.server.fuzz.chains import ANYBODY, HAND, as_the_owner, chain, direct
from tests.server.fuzz.converged import BASE, CREATORS, MAKERS, ONE_EACH
from tests.server.fuzz.things import (
    APP,
    OF_COLUMNS,
    PRIVILEGES,
    ROLES,
    Statement,
    by_owner,
    text,
)

ATTRIBUTES = (
    "SUPERUSER",
    "NOSUPERUSER",
    "CREATEDB",
    "LOGIN",
    "NOLOGIN",
    "INHERIT",
    "NOINHERIT",
    "CONNECTION LIMIT 7",
    "VALID UNTIL '2031-01-01'",
    "BYPASSRLS",
)
SET = (
    "work_mem = '3MB'",
    "jit = on",
    "lock_timeout = 0",
    "search_path = public",
    "shop.tenant = 'x'",
)


@st.composite
def _role(draw: st.DrawFn) -> str:
    role, other = draw(HAND), draw(HAND)
    whose = st.sampled_from(
        [
            f"ROLE {role}",
            f"ROLE {role} IN DATABASE {APP}",
            f"DATABASE {APP}",
            "DATABASE theirs",
            "ROLE ALL",
            f"ROLE {role} IN DATABASE theirs",
        ]
    )
    option = draw(st.sampled_from(["", " WITH ADMIN OPTION"]))
    statement: str = draw(
        st.one_of(
            st.sampled_from(ATTRIBUTES).map(lambda a: f"ALTER ROLE {role} {a};"),
            st.builds(lambda w, s: f"ALTER {w} SET {s};", whose, st.sampled_from(SET)),
            whose.map(lambda w: f"ALTER {w} RESET ALL;"),
            st.just(f"GRANT {role} TO {other}{option};"),
            st.just(f"REVOKE {role} FROM {other} CASCADE;"),
            st.just(
                f"GRANT {role} TO {other} WITH ADMIN OPTION; SET ROLE {other}; GRANT {role} TO eve;"
                " RESET ROLE;"
            ),
            st.just(f"DROP OWNED BY {role} CASCADE; DROP ROLE {role};"),
            # the owner of the database would take all that is in it along
            st.just(f"ALTER ROLE {role} RENAME TO zed;" if role != "own" else ""),
        )
    )
    return statement


KINDS = {
    "t": "TABLE",
    "s": "SEQUENCE",
    "f": "FUNCTION",
    "p": "PROCEDURE",
    "e": "TYPE",
    "d": "DOMAIN",
    "v": "VIEW",
}


@st.composite
def _object(draw: st.DrawFn) -> str:
    """Owners changed, objects renamed, dropped, and made again."""
    place, owner = draw(st.sampled_from([(p, o) for p, them in MAKERS.items() for o in them]))
    letter = draw(st.sampled_from(sorted(KINDS)))
    name = f"{place}.{owner}_{draw(st.sampled_from(['named', 'other']))}_{letter}"
    kind, to, maker = KINDS[letter], draw(HAND), draw(st.sampled_from([*MAKERS[place], "guest"]))
    made = next(line for line in ONE_EACH.splitlines() if f"_{letter}" in line)
    again = made.format(place=place, kind=name.partition(".")[2].removesuffix(f"_{letter}"))
    new = made.format(place=place, kind="new")
    strange = (
        f"CREATE FUNCTION {place}.strange(s2.color, timestamptz[], OUT c int) LANGUAGE sql "
        f"AS 'SELECT 1'; CREATE FUNCTION {place}.twin(a int, b int) RETURNS int LANGUAGE sql AS "
        f"'SELECT 1'; CREATE PROCEDURE {place}.twin(a int, OUT b int) LANGUAGE sql AS 'SELECT 1'; "
        f"GRANT EXECUTE ON FUNCTION {place}.twin(int, int), {place}.strange TO PUBLIC;"
    )
    return draw(
        st.sampled_from(
            [
                f"ALTER {kind} {name} OWNER TO {to};",
                f"ALTER {kind} {name} RENAME TO renamed;",
                f"DROP {kind} {name};\n{by_owner(maker, again)}",
                by_owner(maker, new),
                by_owner(maker, strange),
                f"DROP {kind} {name};",
                f"ALTER TABLE app.any OWNER TO {to};",
                "DROP TABLE app.any;",
                "ALTER TABLE app.any RENAME TO renamed;",
                f"ALTER SCHEMA s2 OWNER TO {to};",
                "DROP EXTENSION pg_stat_statements;",
            ]
        )
    )


@st.composite
def _default(draw: st.DrawFn) -> str:
    creator = draw(HAND)
    place = draw(st.sampled_from(["", " IN SCHEMA app", " IN SCHEMA theirs"]))
    plural, words = draw(
        st.sampled_from(
            [
                ("TABLES", "SELECT"),
                ("TABLES", "ALL"),
                ("FUNCTIONS", "EXECUTE"),
                ("SEQUENCES", "USAGE"),
                ("TYPES", "USAGE"),
            ]
        )
    )
    to = draw(ANYBODY)
    option = draw(st.sampled_from(["", " WITH GRANT OPTION"])) if to != "PUBLIC" else ""
    verb = draw(
        st.sampled_from(
            [f"GRANT {words} ON {plural} TO {to}{option}", f"REVOKE {words} ON {plural} FROM {to}"]
        )
    )
    return f"ALTER DEFAULT PRIVILEGES FOR ROLE {creator}{place} {verb};"


@dataclass(frozen=True)
class Drift:
    """A file of roles-sql beside BASE, and what somebody has typed afterwards, as the superuser."""

    later: str
    sql: str

    @property
    def files(self) -> tuple[str, ...]:
        return (BASE, self.later)

    @override
    def __repr__(self) -> str:
        """As SQL that can be pasted; what BASE and migration() make is there before."""
        return f"-- roles-sql\n{self.later}\n-- by hand\n{self.sql}\n"


@st.composite
def drifts(draw: st.DrawFn) -> Drift:
    named = [f"{p}.{o}_named_t" for p, them in CREATORS.items() for o in them]
    said = draw(st.lists(_named_right(named), max_size=3))
    by_hand = draw(
        st.lists(
            st.one_of(
                direct(),
                chain(),
                chain(),
                chain(),
                as_the_owner(),
                _role(),
                _object(),
                _default(),
            ),
            min_size=2,
            max_size=7,
        )
    )
    return Drift(text(said), f"\\connect {APP}\n" + "\n".join(by_hand) + "\n")


@st.composite
def _named_right(draw: st.DrawFn, tables: list[str]) -> Statement:
    """In roles-sql, of objects by their names."""
    on = draw(
        st.sampled_from(
            [f"TABLE {t}" for t in tables]
            + ["FUNCTION app.own_named_f(int)", "TYPE app.own_named_e", "SEQUENCE app.own_named_s"]
        )
    )
    words = draw(st.sampled_from(PRIVILEGES[on.split()[0]]))
    if on.startswith("TABLE") and words in OF_COLUMNS and draw(st.booleans()):
        words = f"{words} (a)"
    option = draw(st.sampled_from(["", " WITH GRANT OPTION"]))
    to = draw(st.sampled_from(ROLES))
    return Statement(APP, f"GRANT {words} ON {on} TO {identifier(to)}{option};")
