"""What `alembic revision --autogenerate` writes, and what `alembic check` compares."""

from collections.abc import Iterable
from typing import Any, Literal

from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import renderers
from alembic.operations.ops import (
    CreateIndexOp,
    CreateTableOp,
    MigrateOperation,
    MigrationScript,
    ModifyTableOps,
)
from sqlalchemy import Index, Table
from sqlmodel import AutoString
from typing_extensions import override

from app_db.timestamps import UtcDateTime


class TouchOp(MigrateOperation):
    """A call of app_db.touch in a revision."""

    def __init__(self, table: str) -> None:
        self.table = table

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
    return f'touch("{op.table}")'


def complete(context: Any, _revision: Any, directives: Iterable[MigrationScript]) -> None:
    """Add what Alembic leaves out of a new table: indexes of expressions, the trigger of touch."""
    for script in directives:
        ops = script.upgrade_ops.ops if script.upgrade_ops else []
        created = [op for op in ops if isinstance(op, CreateTableOp)]
        there = {one.index_name for op in ops if isinstance(op, ModifyTableOps)
                 for one in op.ops if isinstance(one, CreateIndexOp)}  # fmt: skip
        for op in created:
            table = context.opts["target_metadata"].tables[f"{op.schema}.{op.table_name}"]
            ops.extend(
                CreateIndexOp.from_index(index)
                for index in _indexes(table)
                if index.name not in there
            )
        ops.extend(TouchOp(op.table_name) for op in created if _has_version(op))


def _indexes(table: Table) -> list[Index]:
    """SQLite does not tell of those with expressions, so Alembic would not write them there."""
    return sorted(table.indexes, key=lambda index: str(index.name))


def _has_version(op: CreateTableOp) -> bool:
    return {"updated_at", "version"} <= {getattr(column, "name", None) for column in op.columns}


def render_plain_types(kind: str, item: object, _context: Any) -> str | Literal[False]:
    """A revision must outlive the library: it names sa.String, not SQLModel's type or ours."""
    if kind == "type" and isinstance(item, AutoString | UtcDateTime):
        return f"sa.{item.impl_instance!r}"
    return False
