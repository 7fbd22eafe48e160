"""Roles, their attributes, memberships and settings: the difference, as statements."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from howdah import membership
from howdah.catalog import Catalog, Member, Setting
from howdah.change import Change
from howdah.errors import HowdahError
from howdah.knobs import SHARED, SUPERUSER
from howdah.names import identifier, literal, setting_name
from howdah.role_settings import clause
from howdah.wanted import LISTS, Wanted

ATTRIBUTES = ("superuser", "createdb", "createrole", "inherit", "login", "replication", "bypassrls")


def refuse_md5(found: Catalog, want: Wanted) -> None:
    """Raises HowdahError for roles of roles-sql that pg_hba.conf would not let in any more.

    Those whose password is in the store get a SCRAM verifier; the others' nobody here knows.
    """
    old = [name for name, attributes in want.roles.items()
           if attributes["password"] is None and not scram(found, name)]  # fmt: skip
    if old:
        raise HowdahError(
            f"the password of role {', '.join(old)} is stored as md5, and only SCRAM is let in: "
            "set it anew, by \\password or ALTER ROLE … PASSWORD"
        )


def scram(found: Catalog, name: str) -> bool:
    """Whether the role's verifier is SCRAM's; also where there is none."""
    return bool(found.roles.get(name, {}).get("scram", True))


def roles(found: Catalog, want: Wanted, verifiers: Mapping[str, str]) -> Iterator[Change]:
    for name, attributes in want.roles.items():
        now = found.roles.get(name)
        if now is None:
            sql = f"CREATE ROLE {identifier(name)} {_words(attributes)};"
            token = attributes["password"] or ""
            yield Change(sql, source=want.sources[name], placeholder=token)
            continue
        password = attributes["password"]
        shown = {**attributes, "password": password and verifiers.get(password)}
        if password is None:  # roles-sql does not say: the team sets it by hand
            shown["password"] = now["password"]
        wrong = {k: attributes[k] for k, v in shown.items() if now[k] != v}
        if wrong:
            sql = f"ALTER ROLE {identifier(name)} {_words(wrong)};"
            token = wrong.get("password") or ""
            login = name if token else ""
            yield Change(sql, source=want.sources[name], placeholder=token, login=login)
    limit = want.superuser_connections
    now = found.roles.get(SUPERUSER, {})
    if limit is not None and now.get("connection limit") != limit:
        sql = f"ALTER ROLE {SUPERUSER} CONNECTION LIMIT {limit};"
        yield Change(sql, source=want.sources[SUPERUSER])


def _words(attributes: Mapping[str, Any]) -> str:
    """Both poles: LOGIN or NOLOGIN, always one of them."""
    words = [
        ("" if attributes[a] else "NO") + a.upper() for a in ATTRIBUTES if a in attributes
    ]  # fmt: skip
    if "connection limit" in attributes:
        words.append(f"CONNECTION LIMIT {attributes['connection limit']}")
    if "valid until" in attributes:
        until = attributes["valid until"]
        words.append(f"VALID UNTIL {literal(until + '+00' if until else 'infinity')}")
    if attributes.get("password"):
        words.append(f"PASSWORD {literal(attributes['password'])}")
    return " ".join(words)


def members(found: Catalog, want: Wanted) -> Iterator[Change]:
    now = dict(found.members)
    for member in sorted(now):
        if {member.role, member.member} & want.roles.keys() and member not in want.members:
            yield Change(_membership("REVOKE", member, "FROM", " CASCADE", want.version))
            _without(now, member)
        elif want.version < 16 and now[member][0] > want.members.get(member, (True,))[0]:  # noqa: PLR2004
            role, of = identifier(member.role), identifier(member.member)
            yield Change(f"REVOKE ADMIN OPTION FOR {role} FROM {of} CASCADE;")
            now[member] = want.members[member]
    for member, options in want.members.items():
        if now.get(member) != options:
            said = _with(options, want.version)
            sql = _membership("GRANT", member, "TO", said, want.version)
            yield Change(sql, source=want.sources[member])


def _without(now: dict[Member, tuple[bool, ...]], member: Member) -> None:
    """Less the membership, and those that CASCADE takes along: whose grantor has no more right."""
    if now.pop(member, None) is None:
        return
    able = membership.administrators(now, member.role)
    if member.member not in able:
        hanging = [m for m in now if (m.role, m.grantor) == (member.role, member.member)]
        for each in hanging:
            _without(now, each)


def _membership(verb: str, member: Member, to: str, rest: str, version: int) -> str:
    by = f" GRANTED BY {identifier(member.grantor)}" if version >= 16 else ""  # noqa: PLR2004
    before, after = ("", by + rest) if verb == "REVOKE" else (rest, by)
    return f"{verb} {identifier(member.role)} {to} {identifier(member.member)}{before}{after};"


def _with(options: tuple[bool, ...], version: int) -> str:
    if version < 16:  # noqa: PLR2004 INHERIT and SET came with it
        return " WITH ADMIN OPTION" if options[0] else ""
    names = ("ADMIN", "INHERIT", "SET")
    said = (f"{n} {str(o).upper()}" for n, o in zip(names, options, strict=True))
    return f" WITH {', '.join(said)}"


def settings(found: Catalog, want: Wanted, *, in_database: bool) -> Iterator[Change]:
    def managed(key: Setting) -> bool:
        """A managed role's anywhere, a managed database's for all; not another role's there."""
        if key.role and key.role not in (*want.roles, SUPERUSER):
            return False
        places = {*want.connlimits, *SHARED} if key.role else want.connlimits.keys()
        ours = key.database in places or (not key.database and bool(key.role))
        return ours and bool(key.database) == in_database

    for key in sorted(filter(managed, found.settings)):
        if key not in want.settings:
            yield Change(f"{_setting_of(key)} RESET {setting_name(key.name)};")
    for key, value in want.settings.items():
        if managed(key) and not _same(key.name, found.settings.get(key), value):
            sql = f"{_setting_of(key)} {clause(key.name, value)};"
            yield Change(sql, source=want.sources[key])


def _same(name: str, now: str | None, value: str) -> bool:
    """Of a list the names: which of them PostgreSQL quotes depends on the version's keywords."""
    if now is None or name not in LISTS:
        return now == value
    return _names(now) == _names(value)


def _names(value: str) -> list[str]:
    words = re.findall(r'"(?:[^"]|"")*"|[^", ]+', value)
    return [word[1:-1] if word.startswith('"') else word.lower() for word in words]


def _setting_of(key: Setting) -> str:
    if not key.role:
        return f"ALTER DATABASE {identifier(key.database)}"
    where = f" IN DATABASE {identifier(key.database)}" if key.database else ""
    return f"ALTER ROLE {identifier(key.role)}{where}"
