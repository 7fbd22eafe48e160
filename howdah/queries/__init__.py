"""What the server is asked, each query in a file of its own."""

import functools
from pathlib import Path


@functools.cache
def query(name: str) -> str:
    """The text of one of them."""
    return Path(__file__).with_name(f"{name}.sql").read_text()
