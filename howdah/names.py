"""Identifiers and literals as PostgreSQL writes them; names of hosts."""

import ipaddress
import re

from howdah.errors import HowdahError

# The reserved words of PostgreSQL 17 (appendix C of its documentation), type names included.
RESERVED = frozenset(
    """
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit
    boolean both case cast char character check coalesce collate collation column concurrently
    constraint create cross current_catalog current_date current_role current_schema current_time
    current_timestamp current_user dec decimal default deferrable desc distinct do else end except
    exists extract false fetch float for foreign freeze from full grant greatest group grouping
    having ilike in initially inner inout int integer intersect interval into is isnull join
    lateral leading least left like limit localtime localtimestamp merge_action national natural
    nchar none normalize not notnull null nullif numeric offset on only or order out outer
    overlaps overlay placing position precision primary real references returning right row
    select session_user setof similar smallint some substring symmetric system_user table
    tablesample then time timestamp to trailing treat trim true union unique user using values
    varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists
    xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
    json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar
    json_serialize json_table json_value
    """.split()
)


# RFC 1123 section 2.1. The last label is never a number, so a mistyped address is no name.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DNS_NAME = re.compile(rf"(?=.{{1,253}}$)(?:{_LABEL}\.)*(?![0-9]+$){_LABEL}")


def is_dns_name(name: str) -> bool:
    """Whether a host may be called so."""
    return bool(_DNS_NAME.fullmatch(name))


def is_host_name(name: str) -> bool:
    """Whether a certificate can hold it: a DNS name, or an IP address without a zone."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return is_dns_name(name)
    return "%" not in name


def host_names(host: str, ssh_hostname: object) -> list[str]:
    """What clients may know a host by: the inventory's name first, ssh_hostname after it.

    Without those that no certificate can hold; this machine has none. Raises HowdahError where none
    is left.
    """
    name = host.removeprefix("@ssh/")
    if name.startswith("@"):
        return []
    names = [name]
    if ssh_hostname:
        names.append(str(ssh_hostname))
    held = [name for name in names if is_host_name(name)]
    if not held:
        raise HowdahError(
            f"no certificate can hold {' or '.join(map(repr, names))}: needs a DNS name (letters, "
            "digits, - and .) or an IP address; set ssh_hostname, or use another alias"
        )
    return held


def identifier(name: str) -> str:
    """As PostgreSQL's quote_identifier(): bare where it reads it bare, but for a $."""
    if re.fullmatch(r"[a-z_][a-z0-9_]*", name) and name not in RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def setting_name(name: str) -> str:
    """A setting's name, a library's with its prefix: auth_delay.milliseconds."""
    return ".".join(map(identifier, name.split(".")))


def literal(value: str) -> str:
    """In single quotes, whatever standard_conforming_strings says."""
    escaped = value.replace("'", "''")
    if "\\" in value:
        return " E'" + escaped.replace("\\", "\\\\") + "'"
    return f"'{escaped}'"
