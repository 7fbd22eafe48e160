"""Revisions that say `transactional = False`: what PostgreSQL does in no transaction.

Such a revision runs alone, each statement by itself. An index that it builds CONCURRENTLY, and
that an interruption has left behind invalid, is dropped and built again.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from alembic import op
from alembic.operations import Operations, toimpl
from alembic.operations.ops import CreateIndexOp
from alembic.script import ScriptDirectory

from app_db.schema import LOCK_TIMEOUT


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
            # CREATE INDEX CONCURRENTLY waits for old transactions, and blocks nobody meanwhile.
            op.execute("SET lock_timeout = 0")
            step()
            op.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")

    alone.alone = True  # type: ignore[attr-defined]
    return alone


@Operations.implementation_for(CreateIndexOp, replace=True)
def _create_index(operations: Operations, operation: CreateIndexOp) -> None:
    context = operations.get_context()
    if operation.kw.get("postgresql_concurrently") and context.dialect.name == "postgresql":
        # The revision is not recorded: whatever has this name is what an interruption has left.
        left = operation.to_index(context)
        operations.impl.drop_index(left, if_exists=True)
    toimpl.create_index(operations, operation)
