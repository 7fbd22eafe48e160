"""Roles, their attributes, memberships and settings: the difference, as statements."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from howdah.errors import HowdahError
from howdah.names import identifier, literal, setting_name
from howdah.options import SHARED, SUPERUSER
from howdah.rights import membership
from howdah.rights.catalog import Catalog, Member, MemberOptions, Role, Setting
from howdah.rights.change import Change
from howdah.rights.membership import OPTIONS_SINCE
from howdah.roles_sql.role_settings import clause
from howdah.roles_sql.wanted import LISTS, Wanted

FLAGS = ("superuser", "createdb", "createrole", "inherit", "login", "replication", "bypassrls")
ATTRIBUTES = (*FLAGS, "connection_limit", "valid_until", "password")
Members = dict[Member, MemberOptions]


def check_md5(current: Catalog, want: Wanted) -> None:
    """Raises HowdahError for roles of roles-sql that pg_hba.conf would no longer allow.

    Those whose password is in the store get a SCRAM verifier; the others' nobody here knows.
    """
    md5 = []
    for name, role in want.roles.items():
        if role.password is None and not has_scram(current, name):
            md5.append(name)
    if md5:
        raise HowdahError(
            f"the password of role {', '.join(md5)} is stored as md5, and only SCRAM is let in: "
            "set it anew, by \\password or ALTER ROLE … PASSWORD"
        )


def has_scram(current: Catalog, name: str) -> bool:
    """Whether the role's verifier is SCRAM's; also where there is none."""
    role = current.roles.get(name)
    return role is None or role.scram


def roles(
    current: Catalog,
    want: Wanted,
    verifiers: Mapping[str, str],
) -> Iterator[Change]:
    for name, role in want.roles.items():
        now = current.roles.get(name)
        if now is None:
            yield _create(want, name, role)
        else:
            yield from _alter(want, name, now, verifiers)
    limit = want.superuser_connections
    superuser = current.roles.get(SUPERUSER)
    if limit is None or (superuser and superuser.connection_limit == limit):
        return
    sql = f"ALTER ROLE {SUPERUSER} CONNECTION LIMIT {limit};"
    yield Change(sql, source=want.sources[SUPERUSER])


def _create(
    want: Wanted,
    name: str,
    role: Role,
) -> Change:
    words = _words(role, ATTRIBUTES)
    return Change(
        f"CREATE ROLE {identifier(name)} {words};",
        source=want.sources[name],
        placeholder=role.password or "",
    )


def _alter(
    want: Wanted,
    name: str,
    now: Role,
    verifiers: Mapping[str, str],
) -> Iterator[Change]:
    role = want.roles[name]
    password = now.password  # roles-sql does not set it: the team does, by hand
    if role.password:
        password = verifiers.get(role.password)
    shown = replace(role, password=password)
    wrong = []
    for attribute in ATTRIBUTES:
        if getattr(now, attribute) != getattr(shown, attribute):
            wrong.append(attribute)
    if not wrong:
        return
    sql = f"ALTER ROLE {identifier(name)} {_words(role, wrong)};"
    placeholder = ""
    login = ""
    if role.password and "password" in wrong:
        placeholder = role.password
        login = name
    source = want.sources[name]
    yield Change(sql, source=source, placeholder=placeholder, login=login)


def _words(role: Role, attributes: Collection[str]) -> str:
    """Both poles: LOGIN or NOLOGIN, always one of them."""
    words = []
    for flag in FLAGS:
        if flag not in attributes:
            continue
        if getattr(role, flag):
            words.append(flag.upper())
        else:
            words.append(f"NO{flag.upper()}")
    if "connection_limit" in attributes:
        words.append(f"CONNECTION LIMIT {role.connection_limit}")
    if "valid_until" in attributes:
        until = "infinity"
        if role.valid_until:
            until = f"{role.valid_until}+00"
        words.append(f"VALID UNTIL {literal(until)}")
    if "password" in attributes and role.password:
        words.append(f"PASSWORD {literal(role.password)}")
    return " ".join(words)


def members(current: Catalog, want: Wanted) -> Iterator[Change]:
    left = dict(current.members)
    for member in sorted(current.members):
        is_managed = member.role in want.roles or member.member in want.roles
        if is_managed and member not in want.members:
            yield Change(f"{_revoke(member, want.version)} CASCADE;")
            _remove(left, member)
        elif want.version < OPTIONS_SINCE and _loses_admin(left, want, member):
            role = identifier(member.role)
            grantee = identifier(member.member)
            yield Change(f"REVOKE ADMIN OPTION FOR {role} FROM {grantee} CASCADE;")
            left[member] = want.members[member]
    for member, options in want.members.items():
        if left.get(member) != options:
            sql = _grant(member, options, want.version)
            yield Change(sql, source=want.sources[member])


def _loses_admin(
    left: Members,
    want: Wanted,
    member: Member,
) -> bool:
    wanted = want.members.get(member)
    return wanted is not None and left[member].admin and not wanted.admin


def _remove(left: Members, member: Member) -> None:
    """Less the membership, and those that CASCADE takes along: whose grantor has no more right."""
    if left.pop(member, None) is None:
        return
    able = membership.administrators(left, member.role)
    if member.member in able:
        return
    hanging = []
    for other in left:
        if other.role == member.role and other.grantor == member.member:
            hanging.append(other)
    for other in hanging:
        _remove(left, other)


def _revoke(member: Member, version: int) -> str:
    sql = f"REVOKE {identifier(member.role)} FROM {identifier(member.member)}"
    return sql + _granted_by(member, version)


def _grant(
    member: Member,
    options: MemberOptions,
    version: int,
) -> str:
    sql = f"GRANT {identifier(member.role)} TO {identifier(member.member)}"
    words = []
    if version >= OPTIONS_SINCE:
        for option, allowed in options._asdict().items():
            words.append(f"{option.upper()} {str(allowed).upper()}")
    elif options.admin:
        words.append("ADMIN OPTION")
    if words:
        sql += f" WITH {', '.join(words)}"
    return f"{sql}{_granted_by(member, version)};"


def _granted_by(member: Member, version: int) -> str:
    if version < OPTIONS_SINCE:
        return ""
    return f" GRANTED BY {identifier(member.grantor)}"


def settings(
    current: Catalog,
    want: Wanted,
    *,
    in_database: bool,
) -> Iterator[Change]:
    for setting in sorted(current.settings):
        is_managed = _is_managed(want, setting, in_database=in_database)
        if is_managed and setting not in want.settings:
            yield Change(f"{_setting_of(setting)} RESET {setting_name(setting.name)};")
    for setting, value in want.settings.items():
        now = current.settings.get(setting)
        is_managed = _is_managed(want, setting, in_database=in_database)
        if is_managed and not _same(setting.name, now, value):
            sql = f"{_setting_of(setting)} {clause(setting.name, value)};"
            yield Change(sql, source=want.sources[setting])


def _is_managed(
    want: Wanted,
    setting: Setting,
    *,
    in_database: bool,
) -> bool:
    """A managed role's anywhere, a managed database's for all; not another role's there."""
    role = setting.role
    database = setting.database
    if bool(database) != in_database:
        return False
    if not role:
        return database in want.connlimits
    if role not in want.roles and role != SUPERUSER:
        return False
    return not database or database in want.connlimits or database in SHARED


def _same(
    name: str,
    now: str | None,
    value: str,
) -> bool:
    """Of a list the names: which of them PostgreSQL quotes depends on the version's keywords."""
    if now is None or name not in LISTS:
        return now == value
    return _names(now) == _names(value)


def _names(value: str) -> list[str]:
    names = []
    for word in re.findall(r'"(?:[^"]|"")*"|[^", ]+', value):
        if word.startswith('"'):
            names.append(word[1:-1])
        else:
            names.append(word.lower())
    return names


def _setting_of(setting: Setting) -> str:
    if not setting.role:
        return f"ALTER DATABASE {identifier(setting.database)}"
    sql = f"ALTER ROLE {identifier(setting.role)}"
    if setting.database:
        sql += f" IN DATABASE {identifier(setting.database)}"
    return sql
