"""The imports that weigh the most, while pyinfra connects to its hosts."""

import importlib
from contextlib import suppress

import gevent

# What needs no host; from the light to those that build on them.
MODULES = (
    "pydantic",
    "howdah.cluster",
    "howdah.roles_sql.declared",
    "howdah.render",
    "deploys.configure",
    "deploys.grant",
    "deploys.issue",
    "deploys.migrate",
    "deploys.prove",
)


def begin() -> None:
    """One after the other, each when there is nothing else to do."""
    gevent.spawn(_import)


def _import() -> None:
    for name in MODULES:
        gevent.idle()
        with suppress(Exception):  # deploy.py imports it again, and reports it
            importlib.import_module(name)
