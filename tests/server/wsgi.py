"""An application of one line, for gunicorn: whose process it is, and which server's."""

import json
import os
from collections.abc import Callable, Iterable

from sqlalchemy import Engine, text

from app_db import DbSessionService

service = DbSessionService()


def backend_of(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def backends() -> list[int]:
    """The one of the pool, and the health check's."""
    return [backend_of(service.engine), backend_of(service._health._engine)]


parents = backends()  # gunicorn --preload: the parent has connections


def application(_environ: object, start_response: Callable[..., object]) -> Iterable[bytes]:
    told = {
        "process": os.getpid(),
        "parents": parents,
        "backends": backends(),
        "invalid": service.get_pool_status()["invalid"],
        "healthy": service.health_check(),
    }
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(told).encode()]
