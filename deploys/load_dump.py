"""One database as a dump has it: loaded beside, compared, and renamed into its place.

pyinfra --data dump_of=appdb --data dump_from=newest inventories/prod.py deploys.load_dump.load
"""

from collections.abc import Iterator

from pyinfra.api.command import PyinfraCommand

from components.dumps import NEWEST, PROBE, Dumps
from deploys import shell
from deploys.convergent import convergent
from deploys.dumps import MANIFEST, NONE_YET, check_on, place_of, variables_of
from deploys.runtime import script_for
from deploys.snapshot import begin, snapshot
from deploys.sql import session
from deploys.summary import summarise
from deploys.target import Target
from deploys.tell import would
from howdah import dump as dumping
from howdah.dumped import Dump
from howdah.errors import HowdahError
from howdah.found import Found
from howdah.names import identifier, literal
from howdah.roles_sql import databases
from howdah.roles_sql.wanted import Wanted

FUNCTIONS = "dumps/loading"
# A line of pg_restore's list that is none of its entries.
NO_ENTRY = "; Selected TOC Entries"
# Only one of a restore's has the limit 0; -2 is PostgreSQL's mark of a DROP that was broken off.
# A session that does not react holds it up.
DROP = """
SET statement_timeout = '30s';
SELECT format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database
WHERE datname = :'fresh' AND datconnlimit IN (0, -2) \\gexec
RESET statement_timeout;
"""
REVOKE = 'REVOKE ALL ON DATABASE :"fresh" FROM PUBLIC;'
# At once or not at all: who is killed before it leaves a limit, which the next deploy takes away.
SWAP = """
SELECT count(*) > 0 AS is_there FROM pg_database WHERE datname = :'database' \\gset
\\if :is_there
ALTER DATABASE :"database" CONNECTION LIMIT 0;
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = :'database';
\\endif
BEGIN;
\\if :is_there
ALTER DATABASE :"database" RENAME TO :"before";
ALTER DATABASE :"before" ALLOW_CONNECTIONS false;
\\endif
ALTER DATABASE :"fresh" RENAME TO :"database";
COMMIT;
"""


def load() -> None:
    """What `make restore DATABASE=… FROM=…` runs, before the deploy."""
    target = Target(schema=False)
    begin(target)
    summarise(target.cluster.environment)
    _load(name="Load a database", target=target)


@convergent
def _load(target: Target) -> Iterator[PyinfraCommand]:
    """Nothing is lost by it: the database of now is kept beside."""
    check_on(target)
    found = snapshot(target)
    target.runtime.check_host(found)
    if not found.running:
        raise HowdahError("the server is down: make start, or make deploy")
    database = declared(target, target.cluster.of(Dumps).dump_of)
    chosen = _chosen(target, found, database)
    kept = dumping.kept_name(database)
    would(
        [
            f"load {database} of the dump {chosen.name} beside {database}, and compare its rows",
            f"end the sessions of {database}; it becomes {kept}_TIME",
            "rename what was loaded to it; the deploy that follows sets its rights",
        ]
    )
    text = _script(target, found, database, chosen)
    yield shell.live(f"load {database}", text, lock=target.runtime.lock)


def _chosen(target: Target, found: Found, database: str) -> Dump:
    """The dump. Raises HowdahError."""
    name = target.cluster.of(Dumps).dump_from
    dumps = found.of(PROBE).of(place_of(target).folder)
    if not dumps:
        raise HowdahError(NONE_YET)
    if name == NEWEST:
        name = dumps[-1].name
    for each in dumps:
        if each.name == name:
            if database not in each.databases:
                has = ", ".join(each.databases)
                raise HowdahError(f"the dump {name} has no {database}; it has {has}")
            return each
    known = ", ".join(each.name for each in dumps)
    raise HowdahError(f"FROM={name}: there is no such dump; there are {known}")


def _script(
    target: Target,
    found: Found,
    database: str,
    chosen: Dump,
) -> str:
    variables = {
        **loading(target, found, database),
        **variables_of(target, place_of(target)),
        "dump": chosen.name,
    }
    return script_for(
        target.runtime,
        "dumps/load",
        "client",
        MANIFEST,
        FUNCTIONS,
        variables=variables,
        documents=documents(target.want, database),
    )


def declared(target: Target, database: str) -> str:
    """The same. Raises HowdahError for one that roles-sql does not make."""
    known = dumping.declared(target.want.connlimits)
    if database not in known:
        raise HowdahError(f"DATABASE={database}: needs one of {', '.join(known)}")
    return database


def loading(target: Target, found: Found, database: str) -> dict[str, str]:
    """Variables of a script that loads a database beside the one of its name."""
    cluster = target.cluster
    its_role = ""
    if database == cluster.app_database:
        its_role = cluster.owner_role
    made_first = [NO_ENTRY]
    for kind, name, _ in _made_first(target.want, database):
        made_first.append(f" {kind} - {name} ")
        made_first.append(f" COMMENT - {kind} {name} ")
    return {
        **session(target.runtime, found),
        "database": database,
        "fresh": dumping.new_name(database),
        "before": dumping.kept_name(database),
        "its_role": its_role,
        "made_first": "\n".join(made_first),
    }


def _made_first(want: Wanted, database: str) -> Iterator[tuple[str, str, str]]:
    """Kind, name and statement of what roles-sql makes in a database before there are tables."""
    for obj, owner in want.owners.items():
        if obj.database == database and obj.kind == "schema":
            sql = f"CREATE SCHEMA {identifier(obj.name)} AUTHORIZATION {identifier(owner)};"
            yield "SCHEMA", obj.name, sql
    for extension, schema in want.extensions.items():
        if extension.database == database:
            name = identifier(extension.name)
            sql = f"CREATE EXTENSION {name} WITH SCHEMA {identifier(schema)} CASCADE;"
            yield "EXTENSION", extension.name, sql


def documents(want: Wanted, database: str) -> dict[str, str]:
    """Documents of the same."""
    fresh = dumping.new_name(database)
    names = f"\\set database {literal(database)}\n\\set fresh {literal(fresh)}"
    owner = identifier(want.owners[want.database(database)])
    locale = databases.locale_words(want, database)
    create = (
        f"CREATE DATABASE :\"fresh\" OWNER {owner} TEMPLATE template0 ENCODING 'UTF8'{locale} "
        "CONNECTION LIMIT 0;"
    )
    first = [sql for _, _, sql in _made_first(want, database)]
    return {
        "create": "\n".join([names, DROP, create, REVOKE]),
        "first": "\n".join(first),
        "swap": "\n".join([names, SWAP]),
        "drop": "\n".join([names, DROP]),
    }
