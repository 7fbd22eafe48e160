"""Databases in roles-sql: how they are made, whose they are, and their locale."""

from collections.abc import Iterator

from howdah.names import literal
from howdah.options import OTHER_DATABASES
from howdah.rights.catalog import Catalog
from howdah.roles_sql.nodes import Options, Reading, text
from howdah.roles_sql.wanted import Wanted

LOCALE = (
    "locale_provider",
    "locale",
    "lc_collate",
    "lc_ctype",
    "icu_locale",
    "builtin_locale",
)
OPTIONS = (
    "owner",
    "template",
    "encoding",
    "connection_limit",
    *LOCALE,
)
PROVIDERS = ("libc", "icu", "builtin")
BUILTIN_SINCE = 17


def create(reading: Reading) -> None:
    """CREATE DATABASE."""
    want = reading.want
    node = reading.node
    reading.check_only(node, "dbname options")
    options = reading.options(node, OPTIONS)
    template = options.get("template")
    encoding = options.get("encoding")
    if template != "template0" or encoding != "UTF8":
        raise reading.error("needs TEMPLATE template0 ENCODING 'UTF8'")
    owner = options.get("owner")
    if not owner:
        raise reading.error("needs OWNER role")
    taken = want.connlimits.keys() | OTHER_DATABASES
    name = reading.new_name(node["dbname"], taken)
    limit = options.get("connection_limit", -1)
    database = want.database(name)
    want.connlimits[name] = reading.connection_limit(limit)
    want.owners[database] = reading.known_role(owner)
    want.sources[database] = reading.source
    want.locales[name] = _locale(reading, options)


Locale = dict[str, str]


def _locale(reading: Reading, options: Options) -> Locale:
    """Only what is named, in the order of LOCALE."""
    named = {}
    for word in LOCALE:
        value = options.get(word)
        if value:
            named[word] = str(value)
    provider = named.get("locale_provider", "")
    if provider and provider not in PROVIDERS:
        raise reading.error(f"LOCALE_PROVIDER {provider} is none; needs libc, icu or builtin")
    version = reading.want.version
    is_builtin = provider == "builtin" or "builtin_locale" in named
    if is_builtin and version < BUILTIN_SINCE:
        raise reading.error(
            f"LOCALE_PROVIDER builtin needs PostgreSQL {BUILTIN_SINCE} or newer, and this is "
            f"{version}"
        )
    for other in ("icu", "builtin"):
        if f"{other}_locale" in named and provider != other:
            raise reading.error("ICU_LOCALE and BUILTIN_LOCALE need their LOCALE_PROVIDER")
    return named


def locale_words(want: Wanted, name: str) -> str:
    """What CREATE DATABASE says of it."""
    words = ""
    locale = want.locales.get(name, {})
    for word, value in locale.items():
        words += f" {word.upper()} {literal(value)}"
    return words


def alter(reading: Reading) -> None:
    """ALTER DATABASE … CONNECTION LIMIT."""
    want = reading.want
    node = reading.node
    reading.check_only(node, "dbname options")
    name = reading.known_database(node["dbname"])
    options = reading.options(node, ["connection_limit"])
    limit = options.get("connection_limit")
    database = want.database(name)
    want.connlimits[name] = reading.connection_limit(limit)
    want.sources[database] = reading.source


def give(reading: Reading) -> None:
    """ALTER DATABASE … OWNER TO. Rights that were granted before it would go to the new owner."""
    want = reading.want
    node = reading.node
    if node["objectType"] != "OBJECT_DATABASE":
        raise reading.error("only ALTER DATABASE … OWNER TO is known here; make it so at once")
    given = text(node["object"])
    name = reading.known_database(given)
    database = want.database(name)
    for step in want.steps:
        if step.target == database:
            raise reading.error(f"needs to stand before GRANT and REVOKE on database {name}")
    want.owners[database] = reading.role(node["newowner"])
    want.sources[database] = reading.source


def reports(current: Catalog, want: Wanted) -> Iterator[str]:
    """A locale is what a database is made with: no statement changes it."""
    for name, words in want.locales.items():
        columns = current.locales.get(name, {})
        meant = _meant(words)
        for column, wanted in meant.items():
            now = columns.get(column, wanted)
            if _spelled(now) != _spelled(wanted):
                yield f"database {name} has {column} {now}, not {wanted}: left alone"


def _meant(words: Locale) -> Locale:
    """Its columns in pg_database, as far as they are named."""
    meant = {}
    everywhere = words.get("locale")
    for word in ("lc_collate", "lc_ctype"):
        value = words.get(word, everywhere)
        if value:
            meant[word] = value
    provider = words.get("locale_provider")
    if not provider:
        return meant
    meant["locale_provider"] = provider
    if provider in ("icu", "builtin"):
        value = words.get(f"{provider}_locale", everywhere)
        if value:
            meant["locale"] = value
    return meant


def _spelled(locale: str) -> str:
    """ICU makes en-US of en_US, and glibc knows C.UTF-8 and C.utf8."""
    words = locale.lower()
    hyphenated = words.replace("_", "-")
    return hyphenated.replace("utf-8", "utf8")
