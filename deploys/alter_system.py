"""postgresql.auto.conf: what ALTER SYSTEM has set there wins over every release."""

from collections.abc import Iterable, Iterator

from pyinfra.api.command import StringCommand

from deploys import shell
from deploys.runtime import Runtime, script_for
from deploys.script import script
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
    variables = {"data": runtime.layout.data, "names": " ".join(names)}
    theirs = script(["alter_system"], variables)
    whole = script_for(runtime, "run_as_owner", variables={"script": theirs})
    return shell.run(f"correct {runtime.layout.auto_conf}", whole, lock=runtime.lock)
