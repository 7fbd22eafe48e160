"""What `alembic revision --autogenerate` writes, and what `alembic check` compares."""

from collections.abc import Iterable
from typing import Any, Literal

from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import renderers
from alembic.operations.ops import CreateTableOp, MigrateOperation, MigrationScript
from sqlmodel import AutoString
from typing_extensions import override

from app_db.timestamps import UtcDateTime


class TouchOp(MigrateOperation):
    """A call of app_db.touch in a revision."""

    def __init__(self, table: str) -> None:
        self.table = table

    @override
    def reverse(self) -> MigrateOperation:
        raise NotImplementedError  # the table is dropped, and its trigger with it


@renderers.dispatch_for(TouchOp)
def _render_touch(context: AutogenContext, op: TouchOp) -> str:
    context.imports.add("from app_db.touch import touch")
    return f'touch("{op.table}")'


def add_touch(_context: Any, _revision: Any, directives: Iterable[MigrationScript]) -> None:
    """A new table's updated_at and version are kept by the database."""
    for script in directives:
        ops = script.upgrade_ops.ops if script.upgrade_ops else []
        touched = [op for op in ops if isinstance(op, CreateTableOp) and _has_version(op)]
        ops.extend(TouchOp(op.table_name) for op in touched)


def _has_version(op: CreateTableOp) -> bool:
    return {"updated_at", "version"} <= {getattr(column, "name", None) for column in op.columns}


def render_plain_types(kind: str, item: object, _context: Any) -> str | Literal[False]:
    """A revision must outlive the library: it names sa.String, not SQLModel's type or ours."""
    if kind == "type" and isinstance(item, AutoString | UtcDateTime):
        return f"sa.{item.impl_instance!r}"
    return False
