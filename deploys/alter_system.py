"""postgresql.auto.conf: what ALTER SYSTEM has set there wins over every release."""

from collections.abc import Iterable, Iterator

from pyinfra.api.command import StringCommand

from deploys import shell
from deploys.runtime import Runtime, script_for
from deploys.script import script
from howdah.danger import Danger
from howdah.found import Found


def lines(found: Found, names: Iterable[str]) -> Iterator[Danger]:
    """What it has set, of settings that are not ours to set."""
    for name in names:
        value = found.settings.system[name]
        yield Danger(f"ALTER SYSTEM has set {name} = {value!r}", "setting")


def take_out(runtime: Runtime, names: Iterable[str]) -> StringCommand:
    """Removes the lines of these settings. The server notices at its next load.

    As the server's own user, whose folder it is.
    """
    layout = runtime.layout
    header = {
        "data": layout.data,
        "names": " ".join(names),
    }
    theirs = script(["alter_system"], header)
    variables = {"script": theirs}
    whole = script_for(runtime, "run_as_owner", variables=variables)
    what = f"correct {layout.auto_conf}"
    return shell.run(what, whole, lock=runtime.lock)
