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
        """The password, or None where libpq finds its own. Raises OSError, ValueError.

        One line end at the end is not part of it; every other character is.
        """
        if self.of_the_url is not None or self.file is None:
            return self.of_the_url
        text = self.file.read_bytes().decode()
        password = text.removesuffix("\n")
        password = password.removesuffix("\r")
        if not password:
            raise ValueError("no password is in it")
        if "\0" in password:
            raise ValueError("a NUL is in it")
        return password


def taken_out(settings: DatabaseSettings) -> tuple[URL, Password]:
    """The URL without a password, so that no frame of a traceback has one, and the password."""
    url = settings.url
    found: object = url.password
    if found is None:
        found = url.query.get("password")
    bare = url._replace(password=None)  # set() keeps it
    bare = bare.difference_update_query(["password"])
    if found is None:
        return bare, Password(settings.password_file)
    return bare, Password(settings.password_file, str(found))
