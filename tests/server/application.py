"""An application of app_db's on a deployed cluster."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from sqlalchemy import text

from app_db import DbSessionService
from app_db.settings import DatabaseSettings, read_settings
from tests.server.checkout import Checkout


def settings(checkout: Checkout, query: str = "", **given: Any) -> DatabaseSettings:
    """As an application on that host would be configured."""
    url = f"postgresql://appuser@127.0.0.1:{checkout.port}/appdb{query}"
    secrets = {"sslrootcert": checkout.secrets / "ca.crt",
               "password_file": checkout.secrets / "postgres_app_user_pw"}  # fmt: skip
    return read_settings(**{"url": url, **secrets, **given})


def environment(checkout: Checkout) -> dict[str, str]:
    """The same for a process of its own."""
    of = settings(checkout)
    return {"DATABASE_URL": of.url.render_as_string(),
            "DATABASE_PASSWORD_FILE": str(of.password_file),
            "DATABASE_SSLROOTCERT": str(of.sslrootcert)}  # fmt: skip


def select(service: DbSessionService, sql: str = "SELECT 1") -> Any:
    with service.session_scope() as session:
        return session.execute(text(sql)).scalar()


@contextmanager
def held(service: DbSessionService, count: int) -> Iterator[None]:
    """So many sessions with a connection each."""
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(service.session_scope()).execute(text("SELECT 1"))
        yield
