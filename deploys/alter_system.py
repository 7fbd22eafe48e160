"""postgresql.auto.conf: what ALTER SYSTEM has set there wins over every release."""

import shlex
from collections.abc import Iterable, Iterator

from pyinfra.api.command import StringCommand

from deploys import shell
from deploys.runtime import Runtime
from howdah.danger import Danger
from howdah.found import Found


def lines(found: Found, names: Iterable[str]) -> Iterator[Danger]:
    """What it has set, of settings that are not ours to say."""
    for name in names:
        yield Danger(f"ALTER SYSTEM has set {name} = {found.system[name]!r}", "setting")


def take_out(runtime: Runtime, names: Iterable[str]) -> StringCommand:
    """Removes the lines of these settings. The server notices at its next load.

    As the server's own user, whose folder it is.
    """
    assigned = shell.assigned(data=runtime.layout.data, names=" ".join(names))
    script = shell.filled("alter_system", assigned=assigned)
    words = f"{runtime.as_owner} sh -ec {shlex.quote(script)}"
    return shell.run(f"correct {runtime.layout.auto_conf}", words, lock=runtime.lock)
