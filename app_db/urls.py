"""Database URLs: which are understood, and what a PostgreSQL one gets unless it says otherwise."""

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

NEEDED = "needs postgresql://appuser@host/appdb or sqlite:///./database.db"
DRIVERS = {"postgresql": "postgresql+psycopg", "sqlite": "sqlite"}
# Of libpq, beside the one before the host; `passfile` names a file and may stay.
SECRETS = ("password", "sslpassword")


def read(text: str | URL) -> URL:
    """A URL with its driver: `postgresql://` means psycopg 3. Raises ValueError."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError(f"no database URL; {NEEDED}") from None  # the text may hold a password
    if url.drivername in {"sqlite+pysqlite", *DRIVERS.values()}:
        return url
    if url.drivername not in DRIVERS:
        raise ValueError(f"driver {url.drivername!r}; {NEEDED}")
    return url.set(drivername=DRIVERS[url.drivername])


def is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def is_in_memory(url: URL) -> bool:
    return is_sqlite(url) and url.database in {None, "", ":memory:"}


def has_password(url: URL) -> bool:
    return url.password is not None or any(name in url.query for name in SECRETS)


def verified(url: URL, sslrootcert: str) -> URL:
    """The server proves who it is, unless the URL names a weaker sslmode.

    libpq's own default, `prefer`, verifies nothing and may go on in clear text.
    """
    missing = {"sslmode": "verify-full", "sslrootcert": sslrootcert}
    if url.query.get("sslmode", "verify-full") not in {"verify-ca", "verify-full"}:
        missing = {}  # libpq would verify with a sslrootcert that is there, and not otherwise
    return url.update_query_dict({k: v for k, v in missing.items() if k not in url.query})
