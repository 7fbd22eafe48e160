"""The table models of a package, found and imported without anyone listing them."""

import ast
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import ForeignKey, MetaData
from sqlmodel import SQLModel

from app_db.errors import BadSettings


def import_tables(package: str) -> None:
    """Import each module of ``package`` that defines one (`class …(…, table=True)`).

    Only these: a module that starts an application is not run. Raises BadSettings.
    """
    for folder in _folders(package):
        for file in sorted(folder.rglob("*.py")):
            if any(_tables(file)):
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
    """Refuse a table of ``package`` that no revision would ever have. Raises BadSettings."""
    for mapper in SQLModel._sa_registry.mappers:
        module, table = mapper.class_.__module__, mapper.local_table
        if f"{module}.".startswith(f"{package}.") and table in SQLModel.metadata.tables.values():
            name = f"{module}.{mapper.class_.__name__}"
            raise BadSettings(f"{name} is in no history: it needs EntityTable as a base, "
                              "or `metadata = EntityTable.metadata`")  # fmt: skip


def _folders(package: str) -> list[Path]:
    spec = find_spec(package)
    if spec is None or spec.submodule_search_locations is None:
        raise BadSettings(f"no package {package!r} is importable; name the one with your tables")
    return [Path(location) for location in spec.submodule_search_locations]


def _tables(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.ClassDef):
            for keyword in node.keywords:
                if keyword.arg == "table" and getattr(keyword.value, "value", False) is True:
                    yield node.name
