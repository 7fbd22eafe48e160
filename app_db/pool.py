"""The pool of connections, and what is told of it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypedDict

from sqlalchemy import PoolProxiedConnection, QueuePool, event
from sqlalchemy.exc import TimeoutError as PoolTimeout
from typing_extensions import override

from app_db.errors import PoolExhaustedError

logger = logging.getLogger(__name__)


class Counts(TypedDict):
    """Connections of this process's pool at this moment."""

    size: int  # pool_size: how many are kept open
    checked_in: int  # open and idle
    checked_out: int  # in use, or being opened for somebody
    overflow: int  # open beyond `size`; QueuePool's own number begins at minus pool_size
    invalid: int  # found broken since the process began; it never goes back


class PoolStatus(Counts):
    """What the specification's alerts are about.

    `saturation` above 0.9, `overflow` above 0 for long, `invalid` growing,
    `consecutive_health_failures` above 3.
    """

    saturation: float  # checked_out / size; at (size + max_overflow) / size the next one waits
    consecutive_health_failures: int


@dataclass
class Watch:
    """What the engine's pool knows beyond its own counts; it outlives a pool that is disposed."""

    invalid: int = 0
    holders: Callable[[], Sequence[str]] = tuple

    def count(self, *_event: object) -> None:
        self.invalid += 1


class WatchedPool(QueuePool):
    """A QueuePool that counts what breaks, and says who holds its connections once it is empty."""

    watch: Watch

    def watched_by(self, watch: Watch) -> None:
        self.watch = watch
        event.listen(self, "invalidate", watch.count)

    @override
    def connect(self) -> PoolProxiedConnection:
        """A connection. Raises PoolExhaustedError after pool_timeout seconds."""
        try:
            return super().connect()
        except PoolTimeout as e:
            exhausted = PoolExhaustedError(*e.args, code=e.code)
        held = list(self.watch.holders())
        lines = [f"\n  held by {one}" for one in held]
        logger.error(
            "Connection pool exhausted%s",
            "".join(lines),
            extra={
                "error_type": "TimeoutError",
                "error_message": exhausted.args[0],
                "pool_status": counts(self),
                "held_by": held,
            },
        )
        raise exhausted

    @override
    def recreate(self) -> "WatchedPool":
        new = super().recreate()
        assert isinstance(new, WatchedPool)  # noqa: S101 it is made by self.__class__
        new.watch = self.watch  # its listeners have come along
        return new


def counts(pool: WatchedPool) -> Counts:
    """The five keys of the specification."""
    return {
        "size": pool.size(),
        "checked_in": pool.checkedin(),
        "checked_out": pool.checkedout(),
        "overflow": max(0, pool.overflow()),
        "invalid": pool.watch.invalid,
    }
