"""A --limit that no host matches: nothing is deployed, and that must not look like success."""

import atexit
import os
import sys

import click
from pyinfra import state


def refuse() -> None:
    """At the run's end, for pyinfra goes on without hosts and calls that a success."""
    atexit.register(_end)


def _end() -> None:
    if state.initialised and state.limit_hosts == []:
        click.secho("--> no host of the inventory is left by --limit and --exclude", fg="red",
                    err=True)  # fmt: skip
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)  # an exit handler has no other way to say so
