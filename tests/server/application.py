"""An application of app_db's on a deployed cluster."""

from typing import Any

from app_db.settings import DatabaseSettings, read_settings
from tests.server.checkout import Checkout


def settings(checkout: Checkout, query: str = "", **given: Any) -> DatabaseSettings:
    """As an application on that host would be configured."""
    url = f"postgresql://appuser@127.0.0.1:{checkout.port}/appdb{query}"
    secrets = {"sslrootcert": checkout.secrets / "ca.crt",
               "password_file": checkout.secrets / "postgres_app_user_pw"}  # fmt: skip
    return read_settings(**{"url": url, **secrets, **given})
