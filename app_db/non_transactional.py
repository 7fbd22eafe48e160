"""Revisions that say `transactional = False`: what PostgreSQL does in no transaction.

Such a revision runs alone, each statement by itself. An index that it builds CONCURRENTLY, and
that an interruption has left behind invalid, is dropped and built again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from alembic import op
from alembic.operations import Operations, toimpl
from alembic.operations.ops import CreateIndexOp, DropIndexOp
from alembic.script import ScriptDirectory

from app_db.schema import LOCK_TIMEOUT, SCHEMA
from app_db.sql_text import escaped, literal, qualified

OF_ANOTHER_TABLE = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass({index})
               AND indrelid <> {table}::regclass) THEN
        RAISE 'index % is there already, of another table', {index};
    END IF;
END $$
"""


def mark(scripts: ScriptDirectory) -> None:
    """Let the revisions that say so run outside of transactions."""
    for script in scripts.walk_revisions():
        module: Any = script.module
        if getattr(module, "transactional", True):
            continue
        if hasattr(module.upgrade, "alone"):  # marked already
            continue
        module.upgrade = _alone(module.upgrade)
        if hasattr(module, "downgrade"):
            module.downgrade = _alone(module.downgrade)


def _alone(step: Callable[[], None]) -> Callable[[], None]:
    @wraps(step)
    def alone() -> None:
        context = op.get_context()
        if context.dialect.name != "postgresql":
            step()
            return
        with context.autocommit_block():
            step()

    alone.alone = True  # type: ignore[attr-defined]
    return alone


@Operations.implementation_for(CreateIndexOp, replace=True)
def _create_index(operations: Operations, operation: CreateIndexOp) -> None:
    if not _concurrently(operations, operation):
        toimpl.create_index(operations, operation)
        return
    context = operations.get_context()
    schema = operation.schema or SCHEMA
    index = qualified(context.dialect, schema, str(operation.index_name))
    table = qualified(context.dialect, schema, operation.table_name)
    statement = OF_ANOTHER_TABLE.format(index=literal(index), table=literal(table))
    operations.execute(escaped(statement.strip()))
    # The revision is not recorded: an index of this name is what an interruption has left.
    left = operation.to_index(context)
    with _patient(operations):
        operations.impl.drop_index(left, if_exists=True)
        toimpl.create_index(operations, operation)


@Operations.implementation_for(DropIndexOp, replace=True)
def _drop_index(operations: Operations, operation: DropIndexOp) -> None:
    if not _concurrently(operations, operation):
        toimpl.drop_index(operations, operation)
        return
    operation.if_exists = True  # an interruption may have come after it
    with _patient(operations):
        toimpl.drop_index(operations, operation)


def _concurrently(operations: Operations, operation: CreateIndexOp | DropIndexOp) -> bool:
    if not operation.kw.get("postgresql_concurrently"):
        return False
    context = operations.get_context()
    return context.dialect.name == "postgresql"


@contextmanager
def _patient(operations: Operations) -> Iterator[None]:
    """CONCURRENTLY waits for old transactions, however long they last, and blocks nobody."""
    operations.execute("SET lock_timeout = 0")
    yield
    operations.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
