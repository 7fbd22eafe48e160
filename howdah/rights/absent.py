"""What roles-sql grants on and a server has not: still to come, or of another kind."""

from collections.abc import Iterator
from dataclasses import replace

from howdah.errors import HowdahError
from howdah.rights.catalog import Catalog, Object
from howdah.roles_sql.steps import Step, spellings
from howdah.roles_sql.wanted import Wanted

Named = tuple[str, str, str]  # database, schema, name: whatever the kind


def check_kinds(current: Catalog, want: Wanted) -> None:
    """Raises HowdahError for a target that is of another kind, or is one of several routines."""
    by_name: dict[Named, list[Object]] = {}
    for obj in current.owners:
        key = _named(obj)
        alike = by_name.setdefault(key, [])
        alike.append(obj)
    for step in want.steps:
        target = step.target
        if target.name and target not in current.owners:
            key = _named(target)
            alike = by_name.get(key, [])
            _check_kind(step, alike)


def _named(obj: Object) -> Named:
    return obj.database, obj.schema, obj.name


def _check_kind(step: Step, alike: list[Object]) -> None:
    """``alike``: the objects of the target's name."""
    target = step.target
    called = []
    others = []
    for obj in alike:
        if target in spellings(obj):
            called.append(obj)
        if obj.arguments == target.arguments:
            others.append(obj)
    if len(called) > 1:
        raise HowdahError(
            f"{step.source}: {len(called)} routines are called {_name(target)}: needs "
            "the argument types"
        )
    if others and not called and target.schema:
        kind = others[0].kind
        raise HowdahError(f"{step.source}: {_name(target)} is a {kind}: needs ON {kind.upper()}")


def _name(obj: Object) -> str:
    return f"{obj.schema}.{obj.name}{obj.arguments}"


def without_columns(current: Catalog, want: Wanted) -> Wanted:
    """``want`` less the privileges on columns that a migration is still to make."""
    steps = []
    for step in want.steps:
        missing = _missing_columns(current, step)
        if not missing:
            steps.append(step)
            continue
        privileges = []
        for column, privilege in step.privileges:
            if column not in missing:
                privileges.append((column, privilege))
        steps.append(step._replace(privileges=tuple(privileges)))
    return replace(want, steps=steps)


def _missing_columns(current: Catalog, step: Step) -> set[str]:
    """Of a table that is there."""
    there = current.columns.get(step.target)
    if there is None:
        return set()
    missing = set()
    for column, _ in step.privileges:
        if column and column not in there:
            missing.add(column)
    return missing


def lines(current: Catalog, want: Wanted) -> Iterator[str]:
    """One for each GRANT or REVOKE whose object, or a column of it, is not there yet."""
    there: set[Object] = set()
    for obj in current.owners:
        there.update(spellings(obj))
    absent: dict[str, list[str]] = {}
    for step in want.steps:
        target = step.target
        names = absent.setdefault(step.source, [])
        if target.name and target not in there:
            names.append(f"{target.kind} {target.name}")
        for column in sorted(_missing_columns(current, step)):
            names.append(f"column {column} of table {target.name}")
    for source, names in absent.items():
        if names:
            yield f"{source}: {_are_absent(names)}"


def _are_absent(names: list[str]) -> str:
    each_once = list(dict.fromkeys(names))
    verb = "are"
    if len(each_once) == 1:
        verb = "is"
    return f"{', '.join(each_once)} {verb} not there yet"
