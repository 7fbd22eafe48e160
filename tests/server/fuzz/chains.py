"""Grants by hand, drawn at random: one by one, in chains, in circles, by members of owners."""

from hypothesis import strategies as st

from howdah.names import identifier
from tests.server.fuzz.things import OF_COLUMNS, PRIVILEGES, ROLES, Some

HANDS = (*ROLES, "guest", "eve")
HAND = st.sampled_from(HANDS).map(identifier)
ANYBODY = st.one_of(HAND, HAND, HAND, st.just("PUBLIC"))
OBJECTS = [
    ("DATABASE", "DATABASE appdb"),
    ("DATABASE", "DATABASE postgres"),
    ("DATABASE", "DATABASE theirs"),
    ("SCHEMA", "SCHEMA app"),
    ("SCHEMA", "SCHEMA s2"),
    ("SCHEMA", "SCHEMA public"),
    ("SCHEMA", "SCHEMA theirs"),
    ("SCHEMA", "SCHEMA ext"),
    *[
        ("TABLE", f"TABLE {t}")
        for t in (
            "app.any",
            "app.own_named_t",
            "app.own_other_t",
            "app.ann_other_t",
            "s2.bob_named_t",
            "public.own_other_t",
            "app.own_other_v",
            "theirs.t",
            "ext.pg_stat_statements",
        )
    ],
    ("SEQUENCE", "SEQUENCE app.own_other_s"),
    ("SEQUENCE", "SEQUENCE app.any_id_seq"),
    ("FUNCTION", "FUNCTION app.own_named_f(int)"),
    ("FUNCTION", "FUNCTION app.ann_other_f(int)"),
    ("FUNCTION", "PROCEDURE app.own_other_p(int)"),
    ("FUNCTION", "FUNCTION theirs.f(int)"),
    ("FUNCTION", "FUNCTION pg_catalog.lo_creat(int)"),
    ("FUNCTION", "FUNCTION pg_catalog.pg_read_file(text)"),
    ("TYPE", "TYPE app.own_named_e"),
    ("TYPE", "DOMAIN app.own_other_d"),
    ("TABLE", "TABLE pg_catalog.pg_authid"),
    ("TABLE", "TABLE pg_catalog.pg_roles"),
    ("PARAMETER", "PARAMETER work_mem"),
    ("PARAMETER", "PARAMETER log_statement"),
]
KNOWN = {**PRIVILEGES, "PARAMETER": ("SET", "ALTER SYSTEM")}


@st.composite
def _privilege(draw: st.DrawFn) -> tuple[str, str]:
    """(words, ON what): of a table now and then a column's."""
    kind, name = draw(st.sampled_from(OBJECTS))
    words = draw(st.sampled_from(KNOWN[kind]))
    if kind == "TABLE" and draw(st.booleans()):
        columns = {
            "app.any": ("id", "name"),
            "ext.pg_stat_statements": ("query",),
            "pg_catalog.pg_authid": ("rolname", "rolpassword"),
            "pg_catalog.pg_roles": ("rolname",),
        }
        column = draw(st.sampled_from(columns.get(name.split()[1], ("a", "b"))))
        words = f"{draw(st.sampled_from(OF_COLUMNS))} ({column})"
    return words, name


@st.composite
def direct(draw: st.DrawFn) -> str:
    words, on = draw(_privilege())
    to = draw(ANYBODY)
    if draw(st.booleans()):
        return f"REVOKE {words} ON {on} FROM {to} CASCADE;"
    option = " WITH GRANT OPTION" if to != "PUBLIC" and draw(st.booleans()) else ""
    return f"GRANT {words} ON {on} TO {to}{option};"


@st.composite
def chain(draw: st.DrawFn) -> str:
    """Each role grants on what it was granted; on whole tables also single columns."""
    words, on = draw(_privilege())
    roles = draw(st.lists(HAND, min_size=1, max_size=4))
    lines = []
    for number, role in enumerate(roles):
        if " app." in on and draw(st.booleans()):
            lines.append(f"GRANT USAGE ON SCHEMA app TO {role};")
        if number:
            lines.append(f"SET ROLE {roles[number - 1]};")
        lines.append(f"GRANT {words} ON {on} TO {role} WITH GRANT OPTION;")
        lines.append("RESET ROLE;")
    said = words
    if on.startswith("TABLE app.own") and words in OF_COLUMNS and draw(st.booleans()):
        said = f"{words} (a)"
    lines.append(f"SET ROLE {roles[-1]}; GRANT {said} ON {on} TO {draw(ANYBODY)}; RESET ROLE;")
    lines += draw(st.lists(_twist(words, on, roles), max_size=2))
    return "\n".join(lines)


def _twist(words: str, on: str, roles: list[str]) -> Some:
    """What happens to a chain later."""
    role = st.sampled_from(roles)
    dangling = role.map(
        lambda r: (
            f"ALTER ROLE {r} SUPERUSER; REVOKE {words} ON {on} FROM {r} "
            f"CASCADE; ALTER ROLE {r} NOSUPERUSER;"
        )
    )
    without = role.map(
        lambda r: (
            f"ALTER ROLE {r} SUPERUSER; REVOKE GRANT OPTION FOR {words} ON "
            f"{on} FROM {r} CASCADE; ALTER ROLE {r} NOSUPERUSER;"
        )
    )
    circle = st.builds(
        lambda a, b: (
            f"GRANT {words} ON {on} TO {b} WITH GRANT OPTION; SET ROLE "
            f"{a}; GRANT {words} ON {on} TO {b} WITH GRANT OPTION; SET "
            f"ROLE {b}; GRANT {words} ON {on} TO {a} WITH GRANT OPTION; "
            "RESET ROLE;"
        ),
        role,
        role,
    )
    power = st.builds(
        lambda r, w: f"ALTER ROLE {r} {w};", role, st.sampled_from(["SUPERUSER", "NOSUPERUSER"])
    )
    return st.one_of(dangling, without, circle, power)


@st.composite
def as_the_owner(draw: st.DrawFn) -> str:
    """A member of an owner grants as the owner does, or with an option of its own."""
    words, on = draw(_privilege())
    role, to = draw(HAND), draw(ANYBODY)
    option = draw(st.sampled_from(["", f"GRANT {words} ON {on} TO {role} WITH GRANT OPTION;"]))
    grant = f"SET ROLE {role}; GRANT {words} ON {on} TO {to}; RESET ROLE;"
    gone = f"REVOKE {words} ON {on} FROM {role} CASCADE;"
    after = draw(st.sampled_from(["", f"GRANT own TO {role};", gone]))
    before = draw(st.sampled_from(["", f"GRANT own TO {role};"]))
    return f"{before}{option}{grant}{after}"
