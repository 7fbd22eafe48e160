"""Databases in roles-sql: how they are made, whose they are, and their locale."""

from collections.abc import Iterator
from typing import Any

from howdah.catalog import Catalog
from howdah.knobs import OTHER_DATABASES
from howdah.names import literal
from howdah.nodes import base_of, connection_limit, made, new_name, only, options_of, role_of
from howdah.sqlfiles import Node, Statement
from howdah.wanted import Wanted

LOCALE = ("locale_provider", "locale", "lc_collate", "lc_ctype", "icu_locale", "builtin_locale")
BUILTIN_SINCE = 17


def create(want: Wanted, statement: Statement, node: Node) -> None:
    """CREATE DATABASE."""
    only(statement, node, "dbname options")
    said = options_of(
        statement, node, ("owner", "template", "encoding", "connection_limit", *LOCALE)
    )
    if said.get("template") != "template0" or said.get("encoding") != "UTF8":
        raise statement.refuse("needs TEMPLATE template0 ENCODING 'UTF8'")
    if not said.get("owner"):
        raise statement.refuse("needs OWNER role")
    name = new_name(statement, node["dbname"], want.connlimits.keys() | OTHER_DATABASES)
    want.connlimits[name] = connection_limit(statement, said.get("connection_limit", -1))
    want.owners[want.database(name)] = made(want, statement, said["owner"])
    want.sources[want.database(name)] = statement.source
    want.locales[name] = _locale(want, statement, said)


def _locale(want: Wanted, statement: Statement, said: dict[str, Any]) -> dict[str, str]:
    """Only what is named, in the order of LOCALE."""
    named = {word: str(said[word]) for word in LOCALE if said.get(word)}
    provider = named.get("locale_provider", "")
    if provider not in ("", "libc", "icu", "builtin"):
        raise statement.refuse(f"LOCALE_PROVIDER {provider} is none; needs libc, icu or builtin")
    if want.version < BUILTIN_SINCE and (provider == "builtin" or "builtin_locale" in named):
        raise statement.refuse(
            f"LOCALE_PROVIDER builtin needs PostgreSQL {BUILTIN_SINCE} or newer, and this is "
            f"{want.version}"
        )
    if {"icu_locale", "builtin_locale"} & named.keys() - {f"{provider}_locale"}:
        raise statement.refuse("ICU_LOCALE and BUILTIN_LOCALE need their LOCALE_PROVIDER")
    return named


def locale_words(want: Wanted, name: str) -> str:
    """What CREATE DATABASE says of it."""
    words = want.locales.get(name, {})
    return "".join(f" {word.upper()} {literal(value)}" for word, value in words.items())


def alter(want: Wanted, statement: Statement, node: Node) -> None:
    """ALTER DATABASE … CONNECTION LIMIT."""
    only(statement, node, "dbname options")
    name = base_of(want, statement, node["dbname"])
    said = options_of(statement, node, ("connection_limit",))
    want.connlimits[name] = connection_limit(statement, said.get("connection_limit"))
    want.sources[want.database(name)] = statement.source


def give(want: Wanted, statement: Statement, node: Node) -> None:
    """ALTER DATABASE … OWNER TO. Rights that were granted before it would go to the new owner."""
    if node["objectType"] != "OBJECT_DATABASE":
        raise statement.refuse("only ALTER DATABASE … OWNER TO is known here; make it so at once")
    base = want.database(base_of(want, statement, node["object"]["String"]["sval"]))
    if any(step.target == base for step in want.steps):
        raise statement.refuse(f"needs to stand before GRANT and REVOKE on database {base.name}")
    want.owners[base] = role_of(want, statement, node["newowner"])
    want.sources[base] = statement.source


def reports(found: Catalog, want: Wanted) -> Iterator[str]:
    """A locale is what a database is made with: no statement changes it."""
    for name, words in want.locales.items():
        for what, wanted in _meant(words).items():
            now = found.locales.get(name, {}).get(what, wanted)
            if _spelled(now) != _spelled(wanted):
                yield f"database {name} has {what} {now}, not {wanted}: left alone"


def _meant(words: dict[str, str]) -> dict[str, str]:
    """Its columns in pg_database, as far as they are named."""
    meant = {}
    for word in ("lc_collate", "lc_ctype"):
        value = words.get(word, words.get("locale"))
        if value:
            meant[word] = value
    provider = words.get("locale_provider", "")
    if provider:
        meant["locale_provider"] = provider
    if provider in ("icu", "builtin"):
        value = words.get(f"{provider}_locale", words.get("locale"))
        if value:
            meant["locale"] = value
    return meant


def _spelled(locale: str) -> str:
    """ICU makes en-US of en_US, and glibc knows C.UTF-8 and C.utf8."""
    return locale.lower().replace("_", "-").replace("utf-8", "utf8")
