"""A release in force, and proven: by what a client sees, before it and after it."""

from collections.abc import Iterator, Set

from pyinfra import host, state
from pyinfra.api.command import PyinfraCommand

from deploys import lock, logins, releases
from deploys.snapshot import convergent, snapshot
from deploys.target import Target
from deploys.tell import would
from howdah.found import Found
from howdah.refusal import Refusal


def swap(
    target: Target, verb: str, release: str, names: Set[logins.Login]
) -> Iterator[PyinfraCommand]:
    """Puts a release in force: start, reload or restart.

    Whoever of ``names`` could log in must be able to afterwards, and the server must show the
    certificate of the release; else the last good one is in force again, and Refusal is raised.
    """
    found, runtime = snapshot(target), target.runtime
    previous = next((r for r in (found.good, found.current) if r and r != release), "")
    before = logins.entering(target, found) & names if state.is_executing else set()
    yield releases.swap(runtime, verb, release, previous)
    why = _unseen(target, before)
    if not why:
        return
    if previous:
        yield releases.swap(runtime, "reload" if verb == "reload" else "restart", previous, "")
        why += f"; {previous} is back in force"
    raise Refusal(f"release {release} does not serve: {why}")


@convergent
def prove(target: Target) -> Iterator[PyinfraCommand]:
    """Logs in as each role, if the run changed something; then the release is the good one."""
    found = snapshot(target)
    release = target.staged.release if target.staged else found.current
    if state.is_executing and (lock.held() or found.good != release):
        _refuse_closed_doors(target, found)
    if not release or found.good == release:
        host.noop(f"{release or 'nothing'} has been proven")
        return
    would([f"log in as each role; {release} is the good one then"])
    yield releases.keep(target.runtime, release)


def _unseen(target: Target, before: Set[logins.Login]) -> str:
    """What a client does not see as it should; empty when all is well."""
    found = snapshot(target)
    address = logins.reached(found, target)
    if address and logins.served(found, address) != found.files["server.crt"].sha256:
        return "the server shows another certificate"
    out = {login: why for login, why in logins.refused(target, found).items() if login in before}
    return _first(out)


def _refuse_closed_doors(target: Target, found: Found) -> None:
    out = logins.refused(target, found)
    if out:
        raise Refusal(_first(out))


def _first(out: dict[logins.Login, str]) -> str:
    return next((f"{role} cannot log in to {base}: {why}" for (base, role), why in out.items()), "")
