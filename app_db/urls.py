"""Database URLs: which are understood, and what a PostgreSQL one gets unless it says otherwise."""

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

NEEDED = "needs postgresql://appuser@host/appdb or sqlite:///./database.db"
DRIVERS = {"postgresql": "postgresql+psycopg"}  # by what a URL says that names none
UNDERSTOOD = {"postgresql+psycopg", "sqlite", "sqlite+pysqlite"}
IN_MEMORY = {None, "", ":memory:"}
VERIFYING = {"verify-ca", "verify-full"}
# Of libpq, beside the one before the host; `passfile` names a file and may stay.
SECRETS = ("password", "sslpassword")


def read(text: str | URL) -> URL:
    """A URL with its driver: `postgresql://` means psycopg 3. Raises ValueError."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError(f"no database URL; {NEEDED}") from None  # the text may hold a password
    name = url.drivername
    if name in UNDERSTOOD:
        return url
    if name not in DRIVERS:
        raise ValueError(f"driver {name!r}; {NEEDED}")
    return url.set(drivername=DRIVERS[name])


def is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def is_in_memory(url: URL) -> bool:
    if not is_sqlite(url):
        return False
    return url.database in IN_MEMORY


def has_password(url: URL) -> bool:
    if url.password is not None:
        return True
    return not url.query.keys().isdisjoint(SECRETS)


def verified(url: URL, sslrootcert: str) -> URL:
    """The server proves who it is, unless the URL names a weaker sslmode.

    libpq's own default, `prefer`, verifies nothing and may go on in clear text.
    """
    mode = url.query.get("sslmode", "verify-full")
    if mode not in VERIFYING:
        return url  # libpq would verify with a sslrootcert that is there, and not otherwise
    missing = {}
    if "sslmode" not in url.query:
        missing["sslmode"] = "verify-full"
    if "sslrootcert" not in url.query:
        missing["sslrootcert"] = sslrootcert
    return url.update_query_dict(missing)
