"""ALTER DEFAULT PRIVILEGES, in roles-sql."""

from collections.abc import Iterator

from howdah.catalog import PUBLIC, Default
from howdah.grants import KINDS, STATEMENT, privileges_of
from howdah.knobs import SUPERUSER
from howdah.nodes import Reading, items, text
from howdah.sqlfiles import Node


def default_privileges(reading: Reading) -> None:
    """For each creator and schema that it names."""
    want = reading.want
    node = reading.node
    reading.database()
    options = reading.options(node, ("roles", "schemas"))
    action = node["action"]
    reading.check_only(action, STATEMENT)
    creators = [want.role]
    if "roles" in options:
        creators = [reading.role(spec) for spec in items(options["roles"])]
    if want.role != SUPERUSER and creators != [want.role]:
        raise reading.error(f"needs RESET ROLE before it, or FOR ROLE {want.role}")
    schemas = [text(name) for name in items(options.get("schemas"))]
    for creator in creators:
        for schema in schemas or [""]:
            for default in _defaults(reading, action, creator, schema):
                _set(reading, action, default)


def _defaults(
    reading: Reading,
    action: Node,
    creator: str,
    schema: str,
) -> Iterator[Default]:
    kind = KINDS.get(action["objtype"])
    if not kind or (kind == "schema" and schema):
        raise reading.error("needs TABLES, SEQUENCES, FUNCTIONS or TYPES; or SCHEMAS in none")
    database = reading.statement.database
    for spec in action["grantees"]:
        grantee = reading.grantee(spec)
        if grantee == creator:
            raise reading.error(f"{grantee} owns what it makes; leave it out")
        for column, privilege in privileges_of(reading, kind, action):
            if column:
                raise reading.error("a default privilege is on whole tables")
            yield Default(database, creator, schema, kind, grantee, privilege)


def _set(reading: Reading, action: Node, default: Default) -> None:
    want = reading.want
    option = action.get("grant_option", False)
    if option and default.grantee == PUBLIC:
        raise reading.error("PUBLIC can have no grant option")
    want.assume_defaults(default.database, default.creator)
    if action.get("is_grant"):
        before = want.defaults.get(default, False)
        want.defaults[default] = option or before
        want.sources[default] = reading.source
    elif not option:
        want.defaults.pop(default, None)
        about = default._replace(privilege="")
        want.revoked_defaults[about] = reading.source
    elif default in want.defaults:
        want.defaults[default] = False
