"""What roles-sql grants on and a server has not: still to come, or of another kind."""

from collections.abc import Iterator
from dataclasses import replace

from howdah.catalog import Catalog, Object
from howdah.errors import HowdahError
from howdah.wanted import Step, Wanted, spellings


def check_kinds(found: Catalog, want: Wanted) -> None:
    """Raises HowdahError for a target that is of another kind, or is one of several routines."""
    by_name: dict[Object, list[Object]] = {}
    for obj in found.owners:
        by_name.setdefault(obj._replace(kind="", arguments=""), []).append(obj)
    for step in want.steps:
        target = step.target
        if not target.name or target in found.owners:
            continue
        alike = by_name.get(target._replace(kind="", arguments=""), [])
        called = [obj for obj in alike if target in spellings(obj)]
        if len(called) > 1:
            raise HowdahError(
                f"{step.source}: {len(called)} routines are called {_name(target)}: needs "
                "the argument types"
            )
        others = [obj for obj in alike if obj.arguments == target.arguments]
        if not called and others and target.schema:
            kind = others[0].kind
            raise HowdahError(
                f"{step.source}: {_name(target)} is a {kind}: needs ON {kind.upper()}"
            )


def _name(obj: Object) -> str:
    return f"{obj.schema}.{obj.name}{obj.arguments}"


def without_columns(found: Catalog, want: Wanted) -> Wanted:
    """``want`` less the privileges on columns that a migration is still to make."""
    steps = []
    for step in want.steps:
        missing = _missing_columns(found, step)
        there = [pair for pair in step.privileges if pair[0] not in missing]
        steps.append(step._replace(privileges=tuple(there)))
    return replace(want, steps=steps)


def _missing_columns(found: Catalog, step: Step) -> set[str]:
    """Of a table that is there."""
    there = found.columns.get(step.target)
    named = {column for column, _ in step.privileges if column}
    return set() if there is None else named - there


def lines(found: Catalog, want: Wanted) -> Iterator[str]:
    """One for each GRANT or REVOKE whose object, or a column of it, is not there yet."""
    there = {name for obj in found.owners for name in spellings(obj)}
    absent: dict[str, list[str]] = {}
    for step in want.steps:
        target = step.target
        if target.name and target not in there:
            absent.setdefault(step.source, []).append(f"{target.kind} {target.name}")
        for column in sorted(_missing_columns(found, step)):
            name = f"column {column} of table {target.name}"
            absent.setdefault(step.source, []).append(name)
    for source, names in absent.items():
        named = list(dict.fromkeys(names))
        verb = "is" if len(named) == 1 else "are"
        yield f"{source}: {', '.join(named)} {verb} not there yet"
