"""The table models of a package, found and imported without anyone listing them."""

import ast
import sys
from collections.abc import Collection
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import ForeignKey, MetaData, Table
from sqlmodel import SQLModel

from app_db.entity import EntityTable
from app_db.errors import BadSettingsError

# What only a module with a table has of SQLAlchemy's.
MARKS = {"Table", "Mapped", "mapped_column"}
NAMES = {"__tablename__", "__table__"}


def import_tables(package: str) -> None:
    """Import each module of ``package`` that defines one: SQLModel's, a declarative base's, Core's.

    Only these: a module that starts an application is not run. Raises BadSettingsError.
    """
    for folder in _folders(package):
        for file in sorted(folder.rglob("*.py")):
            if _is_of_a_history(file):
                continue
            if _has_table(file):
                within = file.relative_to(folder)
                parts = within.with_suffix("").parts
                name = ".".join([package, *parts])
                import_module(name.removesuffix(".__init__"))


def import_referred(metadata: MetaData) -> None:
    """Import app_db's own tables where one of ``metadata`` refers to them: app.users."""
    referred = set()
    for table in metadata.tables.values():
        for key in table.foreign_keys:
            referred.add(_table(key))
    if not referred <= metadata.tables.keys():
        import_tables("app_db")


def _table(key: ForeignKey) -> str:
    """Its full name, like app.users."""
    return key.target_fullname.rpartition(".")[0]


def check_models(package: str) -> None:
    """Raises BadSettingsError for a table of ``package`` that no revision would ever have."""
    for mapper in SQLModel._sa_registry.mappers:
        model = mapper.class_
        _check(package, model.__module__, model.__name__, mapper.local_table)
    for module in list(sys.modules):
        if _is_within(package, module):
            _check_module(package, module)


def _check_module(package: str, module: str) -> None:
    for name, value in vars(sys.modules[module]).items():
        where = module
        if isinstance(value, type):
            where = value.__module__
        table = getattr(value, "__table__", value)
        _check(package, where, name, table)


def _check(package: str, module: str, name: str, table: object) -> None:
    if not _is_within(package, module):
        return
    if not isinstance(table, Table):
        return
    if table.metadata is not EntityTable.metadata:
        raise BadSettingsError(
            f"{module}.{name} is in no history: it needs EntityTable as a base, "
            "or `metadata = EntityTable.metadata`"
        )


def _is_within(package: str, module: str) -> bool:
    return f"{module}.".startswith(f"{package}.")


def _folders(package: str) -> list[Path]:
    try:
        spec = find_spec(package)
    except Exception as e:  # whatever a package says that does not import
        kind = type(e).__name__
        raise BadSettingsError(
            f"package {package!r} cannot be imported ({kind}: {e}); install it beside app_db, "
            "or name the one with your tables"
        ) from None
    if spec is None or spec.submodule_search_locations is None:
        raise BadSettingsError(
            f"no package {package!r} is importable; name the one with your tables"
        )
    locations = spec.submodule_search_locations
    return [Path(location) for location in locations]


def _is_of_a_history(file: Path) -> bool:
    """Alembic's env.py and its revisions, whose tables are those of their time."""
    for home in file.parents[:3]:
        env = home / "env.py"
        versions = home / "versions"
        if env.exists() and versions.is_dir():
            return True
    return False


def _has_table(file: Path) -> bool:
    tree = ast.parse(file.read_bytes())
    modules = _sqlalchemy(tree)
    return any(_is_mark(node, modules) for node in ast.walk(tree))


def _is_mark(node: ast.AST, modules: Collection[str]) -> bool:
    match node:
        case ast.keyword(arg="table", value=ast.Constant(value=True)):
            return True
        case ast.ImportFrom(module=str(module), names=names) if module.startswith("sqlalchemy"):
            return any(one.name in MARKS for one in names)
        case ast.Attribute(attr=name, value=value):
            return name in MARKS and ast.unparse(value) in modules
        case ast.Name(id=name):
            return name in NAMES
    return False


def _sqlalchemy(tree: ast.AST) -> set[str]:
    """By which names a module knows it, `sa` for example."""
    names = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Import):
            continue
        for one in node.names:
            if one.name.startswith("sqlalchemy"):
                names.add(one.asname or one.name)
    return names
