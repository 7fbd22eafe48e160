"""The application's password: in a file, read for every new connection."""

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL

from app_db.settings import DatabaseSettings


@dataclass(frozen=True)
class Password:
    """What a new connection logs in with; a rotated file needs no restart."""

    file: Path | None
    of_the_url: str | None = field(default=None, repr=False)  # development only

    def read(self) -> str | None:
        """The password, or None where libpq shall find its own. Raises OSError, ValueError.

        One line end at the end is not part of it; every other character is.
        """
        if self.of_the_url is not None or self.file is None:
            return self.of_the_url
        text = self.file.read_bytes().decode()
        password = text.removesuffix("\n").removesuffix("\r")
        if not password or "\0" in password:
            raise ValueError("no password is in it" if not password else "a NUL is in it")
        return password


def taken_out(settings: DatabaseSettings) -> tuple[URL, Password]:
    """The URL without a password, so that no frame of a traceback has one, and the password."""
    url, query = settings.url, settings.url.query.get("password")
    found = url.password if url.password is not None else query
    bare = url._replace(password=None).difference_update_query(["password"])  # set() keeps it
    return bare, Password(settings.password_file, str(found) if found is not None else None)
