"""The engine of a process, from its settings."""

from typing import Any

from sqlalchemy import Engine, create_engine, event

from app_db import sqlite, urls
from app_db.passwords import taken_out
from app_db.pool import Watch, WatchedPool
from app_db.settings import DatabaseSettings
from app_db.translation import translate


def make_engine(settings: DatabaseSettings, **instead: Any) -> Engine:
    """An engine of WatchedPool; ``instead`` goes over what the settings say. Opens nothing yet."""
    of_pool = {
        "pool_size": settings.pool_size,
        "max_overflow": settings.max_overflow,
        "pool_timeout": settings.pool_timeout,
        "pool_recycle": settings.pool_recycle,
        "pool_pre_ping": settings.pool_pre_ping,
        "echo": settings.echo,
        # What a statement is about need not be in a log or in a traceback.
        "hide_parameters": settings.stage != "development",
    }
    given = {**of_pool, **instead}
    if urls.is_sqlite(settings.url):
        engine = sqlite.make_engine(settings.url, given)
    else:
        engine = _postgresql(settings, given)
    assert isinstance(engine.pool, WatchedPool)  # noqa: S101 both ways say so
    engine.pool.watched_by(Watch())
    event.listen(engine, "handle_error", translate, retval=True)
    return engine


def _postgresql(settings: DatabaseSettings, given: dict[str, Any]) -> Engine:
    from app_db.connecting import Connector  # noqa: PLC0415 psycopg is a fifth of a second

    timeout = given.pop("connect_timeout", settings.connect_timeout)
    url, password = taken_out(settings)
    verified = urls.verified(url, str(settings.sslrootcert))
    engine = create_engine(verified, poolclass=WatchedPool, **given)
    connector = Connector(password, timeout)
    event.listen(engine, "do_connect", connector)
    return engine
