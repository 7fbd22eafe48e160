"""An application's Alembic revisions, read as text: nothing of the application is imported."""

import ast
import functools
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import NamedTuple

from howdah.errors import HowdahError

NAMES = ("revision", "down_revision", "depends_on")
DEFAULT = "app_db.migrations"  # what is deployed until an inventory says otherwise
LONGEST = 32  # characters: app.alembic_version's column

_parsed = functools.cache(ast.parse)  # the files are read for each host, and mostly the same


class SchemaError(HowdahError):
    """The package named as schema has no history that can be brought to one head."""


class Revision(NamedTuple):
    """What one file of versions/ says of itself."""

    name: str
    down: tuple[str, ...]
    file: Path
    depends: tuple[str, ...] = ()

    @property
    def before(self) -> tuple[str, ...]:
        """All that must have run before it."""
        return self.down + self.depends


def head(package: str) -> str:
    """Return the only revision that none follows.

    Raises:
        SchemaError: the package is not found, or its revisions do not end in one head.

    """
    revisions = _revisions(package)
    followed = set[str]()
    for revision in revisions.values():
        followed.update(revision.down)
    heads = sorted(revisions.keys() - followed)
    if len(heads) != 1:
        found = "a circle of revisions"
        if heads:
            found = f"heads {', '.join(heads)}"
        raise SchemaError(
            f"{found} in {package!r}; one head is needed: `alembic merge` joins several"
        )
    return heads[0]


def steps(package: str) -> list[tuple[list[str], str]]:
    """Each revision with those that are in force before it: several before a merge."""
    revisions = _revisions(package)
    found = []
    for name, revision in revisions.items():
        before = _ends(revisions, revision.before) or ["base"]
        found.append((before, name))
    return found


def reached(package: str, rows: Sequence[str]) -> list[str]:
    """The revisions that a database is at, sorted: several between the branches of a merge.

    Raises:
        SchemaError: one of ``rows`` is not known, or comes before another one.

    """
    revisions = _revisions(package)
    for row in rows:
        if row not in revisions:
            raise SchemaError(
                f"the server is at revision {row!r}, which {package} does not have; "
                f"{_remedy(package, row)}"
            )
    ends = _ends(revisions, rows)
    passed = sorted(set(rows) - set(ends))
    if passed:
        there = ", ".join(sorted(rows))
        raise SchemaError(
            f"app.alembic_version has {there}, and {', '.join(passed)} came "
            f"before {', '.join(ends)}; delete its row"
        )
    return ends


def _remedy(package: str, revision: str) -> str:
    if package != DEFAULT and contains(DEFAULT, revision):
        return (
            f"it is of app_db's, which was deployed before: `python -m app_db.join {package}` "
            "makes yours its continuation (docs/migrations.md)"
        )
    return "deploy the application's newer version, or set the right schema"


def _ends(revisions: Mapping[str, Revision], names: Collection[str]) -> list[str]:
    """Those of ``names`` that none of the others follows, sorted."""
    passed = set[str]()
    ahead: list[str] = []
    for name in names:
        ahead += revisions[name].before
    while ahead:
        name = ahead.pop()
        if name not in passed:
            passed.add(name)
            ahead += revisions[name].before
    return sorted(set(names) - passed)


def contains(package: str, revision: str) -> bool:
    """Tell whether the package knows the revision, by its full name."""
    return revision in _revisions(package)


def folder(package: str) -> Path:
    """Find the package's Alembic environment: the folder that holds versions/."""
    path: Sequence[str] | None = None
    for name in _parents(package):
        path = _locations(package, name, path)
    for location in path or ():
        found = Path(location)
        versions = found / "versions"
        if versions.is_dir():
            return found
    looked = ", ".join(path or ())
    raise SchemaError(
        f"no folder versions/ in {package!r}; `alembic init` makes it; not in {looked}"
    )


def _parents(package: str) -> list[str]:
    parents = []
    parent = ""
    for part in package.split("."):
        if not part.isidentifier():
            raise SchemaError(f"{package!r} names no package; write it as in an import statement")
        parent = f"{parent}.{part}".removeprefix(".")
        parents.append(parent)
    return parents


def _locations(
    package: str,
    name: str,
    path: Sequence[str] | None,
) -> Sequence[str]:
    spec = _spec(name, path)
    if spec is None:
        raise SchemaError(
            f"no package {name!r} is importable by {sys.executable}; "
            f"install it there or correct schema {package!r} in the inventory"
        )
    if spec.submodule_search_locations is None:
        raise SchemaError(f"{name!r} is a module, not a package; {package!r} cannot be in it")
    return list(spec.submodule_search_locations)


def _spec(name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    # importlib.util.find_spec imports the parents; the finders do not, editable installs' included.
    if path is None:
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path)
            if spec is not None:
                return spec
        return None
    # The last part only: a namespace package looks its parent up in sys.modules (KeyError).
    _, _, last = name.rpartition(".")
    return PathFinder.find_spec(last, path)


def _revisions(package: str) -> dict[str, Revision]:
    revisions: dict[str, Revision] = {}
    versions = folder(package) / "versions"
    for file in sorted(versions.glob("*.py")):
        # Alembic skips the same two.
        if not file.name.startswith(("__init__", ".#")):
            _add(revisions, _read(file))
    if not revisions:
        raise SchemaError(f"no revisions in {package!r}; `alembic revision` writes the first")
    for revision in revisions.values():
        _check_down(revisions, revision)
    return revisions


def _add(revisions: dict[str, Revision], revision: Revision) -> None:
    twin = revisions.get(revision.name)
    if twin:
        raise SchemaError(
            f"{revision.file}: revision {revision.name!r} is also {twin.file.name}'s; rename one"
        )
    revisions[revision.name] = revision


def _check_down(revisions: dict[str, Revision], revision: Revision) -> None:
    named = {"down_revision": revision.down, "depends_on": revision.depends}
    for kind, names in named.items():
        for name in names:
            if name not in revisions:
                raise SchemaError(
                    f"{revision.file}: {kind} {name!r} is in no file beside it; name one that is"
                )


def _read(file: Path) -> Revision:
    said = dict(_said(file))
    name = said.get("revision")
    down = _names(said.get("down_revision", ""))
    depends = _names(said.get("depends_on"))
    if not name or not isinstance(name, str) or down is None or depends is None:
        entries = [f"{key} = {value!r}" for key, value in sorted(said.items())]
        found = ", ".join(entries) or "neither"
        raise SchemaError(
            f"{file} says {found}; revision (str) and down_revision (or None) are needed"
        )
    if len(name) > LONGEST:
        raise SchemaError(
            f"{file}: revision {name!r} has {len(name)} characters; app.alembic_version holds "
            f"{LONGEST}"
        )
    if not re.fullmatch(r"[\w.]+", name):
        raise SchemaError(f"{file}: revision {name!r} may have letters, digits, '_' and '.' only")
    return Revision(name, down, file, depends)


def _names(said: object) -> tuple[str, ...] | None:
    """None, one or several; None where it is nothing of these."""
    match said:
        case None:
            return ()
        case str(name) if name:
            return (name,)
        case [*names] if names and all(isinstance(one, str) for one in names):
            return tuple(str(one) for one in names)
    return None


def _said(file: Path) -> Iterator[tuple[str, object]]:
    try:
        body = _parsed(file.read_bytes()).body
    except SyntaxError as e:
        raise SchemaError(f"{file}:{e.lineno}: {e.msg}; Python is needed") from e
    except (OSError, ValueError) as e:
        raise SchemaError(f"{file} cannot be read: {e}") from e
    for node in body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.expr() as value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                pass
            case _:
                continue
        if name in NAMES:
            yield name, _literal(value, f"{file}:{value.lineno}: {name}")


def _literal(value: ast.expr, where: str) -> object:
    try:
        return ast.literal_eval(value)
    except (TypeError, ValueError) as e:
        found = ast.unparse(value)
        raise SchemaError(f"{where} is computed by {found!r}; a literal is needed") from e
