"""ALTER DEFAULT PRIVILEGES: the difference between what later objects get and what they should."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from howdah.catalog import Catalog, Default
from howdah.change import Change
from howdah.clauses import grantee_name
from howdah.knobs import SUPERUSER
from howdah.names import identifier
from howdah.wanted import Wanted


def before_extensions(found: Catalog, want: Wanted) -> Iterator[Change]:
    """What the superuser's CREATE EXTENSION gives: the default privileges of that line.

    They are in ``found`` from then on.
    """
    bases = {base for base, _ in want.extensions.keys() - found.extensions.keys()}
    for base in sorted(bases & want.connlimits.keys()):
        early = want.early_defaults[base]
        now = {d: v for d, v in found.defaults.items()
               if d.database == base and d.creator == SUPERUSER}  # fmt: skip
        too_much = [d for d, grantable in now.items() if grantable > early.get(d, -1)]
        missing = [d for d, grantable in early.items() if now.get(d) != grantable]
        yield from _sentences(want, early, too_much, missing)
        for default in too_much:
            del found.defaults[default]
        found.defaults.update(early)


def changes(found: Catalog, want: Wanted) -> Iterator[Change]:
    """Those of managed roles and of the superuser, in managed databases."""
    creators = {*want.roles, SUPERUSER}

    def ours(default: Default) -> bool:
        alone = (default.database, default.schema) in want.foreign_schemas
        return default.database in want.connlimits and default.creator in creators and not alone

    too_much, missing = [], list(filter(ours, found.lost_defaults))
    for default, grantable in found.defaults.items():
        if ours(default) and grantable > want.defaults.get(default, -1):
            too_much.append(default)
    for default, grantable in want.defaults.items():
        if ours(default) and found.defaults.get(default) != grantable:
            missing.append(default)
    yield from _sentences(want, want.defaults, too_much, missing)


def _sentences(
    want: Wanted, wanted: Mapping[Default, bool], too_much: list[Default], missing: list[Default]
) -> Iterator[Change]:
    for default, privileges in _together(too_much, wanted, want):
        sql = _sentence(default, "REVOKE", "FROM", privileges)
        source = want.revoked_defaults.get(default._replace(privilege=""), "")
        yield Change(f"{sql};", default.database, source)
    for default, privileges in _together(missing, wanted, want):
        option = " WITH GRANT OPTION" if wanted.get(default) else ""
        sql = _sentence(default, "GRANT", "TO", privileges)
        yield Change(f"{sql}{option};", default.database, want.sources.get(default, ""))


def _together(
    defaults: Iterable[Default], wanted: Mapping[Default, bool], want: Wanted
) -> Iterator[tuple[Default, list[str]]]:
    """Those that differ in their privilege only: the first of them, and all privileges."""
    groups: dict[tuple[object, ...], list[Default]] = defaultdict(list)
    for default in defaults:
        about = default._replace(privilege="")
        groups[about, wanted.get(default), want.sources.get(default)].append(default)
    for group in groups.values():
        yield group[0], [default.privilege for default in group]


def _sentence(default: Default, verb: str, to: str, privileges: list[str]) -> str:
    schema = f" IN SCHEMA {identifier(default.schema)}" if default.schema else ""
    return (
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {identifier(default.creator)}{schema} {verb} "
        f"{', '.join(privileges)} ON {default.kind.upper()}S {to} {grantee_name(default.grantee)}"
    )
