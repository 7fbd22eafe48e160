"""An application that counts its users every second, and lasts through what the server does."""

import sys
import time

from sqlmodel import func, select

from app_db import DbSessionService, UnavailableError, UserTable


def main() -> None:
    while True:
        sys.stdout.write(f"{count()}\n")
        time.sleep(1)


def count() -> str:
    """How many users there are, or why nobody can say."""
    users = select(func.count()).select_from(UserTable)
    try:
        with DbSessionService().session_scope() as session:
            number = session.exec(users).one()
    except UnavailableError as e:
        return f"not available: {type(e).__name__}"
    return f"{number} users"


if __name__ == "__main__":
    main()
