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
        if not getattr(module, "transactional", True) and not hasattr(module.upgrade, "alone"):
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
    # The revision is not recorded: an index of this name is what an interruption has left.
    left = operation.to_index(operations.get_context())
    dialect, schema = operations.get_context().dialect, operation.schema or SCHEMA
    index = literal(qualified(dialect, schema, str(operation.index_name)))
    table = literal(qualified(dialect, schema, operation.table_name))
    operations.execute(escaped(OF_ANOTHER_TABLE.format(index=index, table=table).strip()))
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
    asked = operation.kw.get("postgresql_concurrently")
    return bool(asked) and operations.get_context().dialect.name == "postgresql"


@contextmanager
def _patient(operations: Operations) -> Iterator[None]:
    """CONCURRENTLY waits for old transactions, however long they last, and blocks nobody."""
    operations.execute("SET lock_timeout = 0")
    yield
    operations.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
