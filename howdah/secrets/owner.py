"""Who is at work, and since when: for somebody who has to wait."""

import os
import pwd
import socket
from datetime import UTC, datetime


def owner() -> str:
    """This process. No two answers are the same."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        user = str(os.getuid())
    process = f"{user}@{socket.gethostname()} (process {os.getpid()})"
    return f"{process} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f} UTC"
