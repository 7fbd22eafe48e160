"""ALTER DEFAULT PRIVILEGES, in roles-sql."""

from collections.abc import Iterator

from howdah.options import SUPERUSER
from howdah.rights.catalog import Default
from howdah.rights.kinds import PUBLIC
from howdah.roles_sql.grants import KINDS, STATEMENT, privileges_of
from howdah.roles_sql.nodes import Reading, items, text
from howdah.roles_sql.sqlfiles import Node


def default_privileges(reading: Reading) -> None:
    """For each creator and schema that it names."""
    want = reading.want
    node = reading.node
    reading.database()
    options = reading.options(node, ("roles", "schemas"))
    action = node["action"]
    reading.check_only(action, STATEMENT)
    creators = [want.role]
    specs = items(options.get("roles"))
    if specs:
        creators = [reading.role(spec) for spec in specs]
    if want.role != SUPERUSER and creators != [want.role]:
        raise reading.error(f"needs RESET ROLE before it, or FOR ROLE {want.role}")
    schemas = [""]
    names = items(options.get("schemas"))
    if names:
        schemas = [text(name) for name in names]
    for creator in creators:
        for schema in schemas:
            defaults = _defaults(reading, action, creator, schema)
            for default in defaults:
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
    for spec in action["grantees"]:
        grantee = reading.grantee(spec)
        if grantee == creator:
            raise reading.error(f"{grantee} owns what it makes; leave it out")
        privileges = privileges_of(reading, kind, action)
        for column, privilege in privileges:
            if column:
                raise reading.error("a default privilege is on whole tables")
            yield Default(
                database=reading.statement.database,
                creator=creator,
                schema=schema,
                kind=kind,
                grantee=grantee,
                privilege=privilege,
            )


def _set(
    reading: Reading,
    action: Node,
    default: Default,
) -> None:
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
