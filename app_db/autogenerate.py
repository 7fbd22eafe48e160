"""What `alembic revision --autogenerate` writes, and what `alembic check` compares."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import renderers
from alembic.operations.ops import (
    CreateIndexOp,
    CreateTableOp,
    ExecuteSQLOp,
    MigrateOperation,
    MigrationScript,
    ModifyTableOps,
)
from sqlalchemy import DefaultClause, Index, Table
from sqlalchemy.sql import functions
from sqlmodel import AutoString
from typing_extensions import override

from app_db.schema import SCHEMA
from app_db.sql_text import escaped, literal, qualified
from app_db.timestamps import UtcDateTime


class TouchOp(MigrateOperation):
    """A call of app_db.touch in a revision."""

    def __init__(self, table: str, schema: str) -> None:
        self.table = table
        self.schema = schema

    @override
    def to_diff_tuple(self) -> tuple[str, str]:
        """What `alembic check` tells."""
        return "add_touch", self.table

    @override
    def reverse(self) -> MigrateOperation:
        raise NotImplementedError  # the table is dropped, and its trigger with it


@renderers.dispatch_for(TouchOp)
def _render_touch(context: AutogenContext, op: TouchOp) -> str:
    context.imports.add("from app_db.touch import touch")
    table = json.dumps(op.table, ensure_ascii=False)
    if op.schema == SCHEMA:
        return f"touch({table})"
    schema = json.dumps(op.schema, ensure_ascii=False)
    return f"touch({table}, schema={schema})"


class AddLabelOp(MigrateOperation):
    """A value that a native enum of the models has and the database's lacks."""

    def __init__(self, schema: str, name: str, label: str, where: str) -> None:
        self.schema = schema
        self.name = name
        self.label = label
        self.where = where

    @override
    def to_diff_tuple(self) -> tuple[str, str, str]:
        """What `alembic check` tells."""
        return "add_enum_label", f"{self.schema}.{self.name}", self.label

    @override
    def reverse(self) -> MigrateOperation:
        return ExecuteSQLOp("-- PostgreSQL drops no value of an enum")


@renderers.dispatch_for(AddLabelOp)
def _render_label(context: AutogenContext, op: AddLabelOp) -> str:
    assert context.dialect is not None  # noqa: S101 it is connected
    name = qualified(context.dialect, op.schema, op.name)
    label = literal(op.label)
    sql = f"ALTER TYPE {name} ADD VALUE IF NOT EXISTS {label} {op.where}"
    statement = escaped(sql.strip())
    return f"op.execute({statement!r})"


def complete(context: Any, _revision: Any, directives: Iterable[MigrationScript]) -> None:
    """Add what Alembic leaves out: a new table's indexes of expressions and its trigger of touch,
    an enum's new values.
    """  # noqa: D205
    for script in directives:
        if script.upgrade_ops is None:
            continue
        ops = script.upgrade_ops.ops
        created = [op for op in ops if isinstance(op, CreateTableOp)]
        there = _created_indexes(ops)
        for op in created:
            tables = context.opts["target_metadata"].tables
            table = tables[f"{op.schema}.{op.table_name}"]
            for index in _indexes(table):
                if index.name not in there:
                    ops.append(CreateIndexOp.from_index(index))
        for op in created:
            if _has_version(op):
                schema = op.schema or SCHEMA
                ops.append(TouchOp(op.table_name, schema))
        labels = context.opts.get("labels", {})
        ops[:0] = _labels(labels)


def _created_indexes(ops: Iterable[MigrateOperation]) -> set[str | None]:
    names = set()
    for op in ops:
        if not isinstance(op, ModifyTableOps):
            continue
        for one in op.ops:
            if isinstance(one, CreateIndexOp):
                names.add(one.index_name)
    return names


def _labels(missing: Mapping[tuple[str, str, bool], tuple[list[str], list[str]]]) -> list[Any]:
    """In the models' order: each after the one before it, which is there by then."""
    ops = []
    for (schema, name, _), (labels, new) in missing.items():
        for label in new:
            where = _where(label, labels, new)
            ops.append(AddLabelOp(schema, name, label, where))
    return ops


def _where(label: str, labels: list[str], new: list[str]) -> str:
    place = labels.index(label)
    if place > 0:
        before = literal(labels[place - 1])
        return f"AFTER {before}"
    for known in labels:
        if known not in new:
            return f"BEFORE {literal(known)}"
    return ""


def _indexes(table: Table) -> list[Index]:
    """SQLite does not tell of those with expressions, so Alembic would not write them there."""
    return sorted(table.indexes, key=lambda index: str(index.name))


def _has_version(op: CreateTableOp) -> bool:
    names = {getattr(column, "name", None) for column in op.columns}
    return {"updated_at", "version"} <= names


def render_plain_types(kind: str, item: object, _context: Any) -> str | Literal[False]:
    """A revision must outlive the library: it names sa.String, not SQLModel's type or ours."""
    if kind == "type" and isinstance(item, AutoString | UtcDateTime):
        return f"sa.{item.impl_instance!r}"
    if kind == "server_default" and isinstance(item, DefaultClause):
        return _render_default(item.arg)
    return False


def _render_default(default: object) -> str | Literal[False]:
    if isinstance(default, str):
        return repr(default)  # Alembic takes an apostrophe at either end away
    if isinstance(default, functions.now):
        return "sa.func.now()"  # Alembic writes this dialect's word for it, and SQLite has no now()
    return False
