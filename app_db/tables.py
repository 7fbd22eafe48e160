"""The table models of a package, found and imported without anyone listing them."""

import ast
import sys
from collections.abc import Collection, Iterator
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
            if not _is_of_a_history(file) and _has_table(file):
                parts = file.relative_to(folder).with_suffix("").parts
                name = ".".join([package, *parts])
                import_module(name.removesuffix(".__init__"))


def import_referred(metadata: MetaData) -> None:
    """Import app_db's own tables where one of ``metadata`` refers to them: app.users."""
    keys = [key for table in metadata.tables.values() for key in table.foreign_keys]
    if any(_table(key) not in metadata.tables for key in keys):
        import_tables("app_db")


def _table(key: ForeignKey) -> str:
    """Its full name, like app.users."""
    return key.target_fullname.rpartition(".")[0]


def refuse_others(package: str) -> None:
    """Refuse a table of ``package`` that no revision would ever have. Raises BadSettingsError."""
    for mapper in SQLModel._sa_registry.mappers:
        _refuse(package, mapper.class_.__module__, mapper.class_.__name__, mapper.local_table)
    for module in list(sys.modules):
        if f"{module}.".startswith(f"{package}."):
            for name, value in vars(sys.modules[module]).items():
                where = value.__module__ if isinstance(value, type) else module
                _refuse(package, where, name, getattr(value, "__table__", value))


def _refuse(package: str, module: str, name: str, table: object) -> None:
    ours = f"{module}.".startswith(f"{package}.")
    if ours and isinstance(table, Table) and table.metadata is not EntityTable.metadata:
        raise BadSettingsError(
            f"{module}.{name} is in no history: it needs EntityTable as a base, "
            "or `metadata = EntityTable.metadata`"
        )


def _folders(package: str) -> list[Path]:
    try:
        spec = find_spec(package)
    except Exception as e:  # whatever a package says that does not import
        raise BadSettingsError(
            f"package {package!r} cannot be imported ({type(e).__name__}: {e}); install it beside "
            "app_db, or name the one with your tables"
        ) from None
    if spec is None or spec.submodule_search_locations is None:
        raise BadSettingsError(
            f"no package {package!r} is importable; name the one with your tables"
        )
    return [Path(location) for location in spec.submodule_search_locations]


def _is_of_a_history(file: Path) -> bool:
    """Alembic's env.py and its revisions, whose tables are those of their time."""
    homes = {file.parent, *file.parents[1:3]}
    return any((home / "env.py").exists() and (home / "versions").is_dir() for home in homes)


def _has_table(file: Path) -> bool:
    tree = ast.parse(file.read_bytes())
    modules = set(_sqlalchemy(tree))
    return any(_is_mark(node, modules) for node in ast.walk(tree))


def _is_mark(node: ast.AST, modules: Collection[str]) -> bool:
    match node:
        case ast.keyword(arg="table", value=ast.Constant(value=True)):
            return True
        case ast.ImportFrom(module=str(module), names=names):
            return module.startswith("sqlalchemy") and any(one.name in MARKS for one in names)
        case ast.Attribute(attr=name, value=value):
            return name in MARKS and ast.unparse(value) in modules
        case ast.Name(id=name):
            return name in NAMES
    return False


def _sqlalchemy(tree: ast.AST) -> Iterator[str]:
    """By which names a module knows it, `sa` for example."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                if one.name.startswith("sqlalchemy"):
                    yield one.asname or one.name
