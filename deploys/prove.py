"""A release in force, and proven: by what a client sees, before it and after it."""

from collections.abc import Iterator, Mapping, Set

from pyinfra import host, logger, state
from pyinfra.api.command import PyinfraCommand

from deploys import lock, logins, releases
from deploys.convergent import convergent
from deploys.runtime import control
from deploys.snapshot import snapshot
from deploys.staged import staged
from deploys.target import Target
from deploys.tell import report, would
from howdah.errors import HowdahError
from howdah.found import Found
from howdah.rights import reports


def swap(
    target: Target,
    verb: str,
    release: str,
    names: Set[logins.Login],
) -> Iterator[PyinfraCommand]:
    """Puts a release in force: start, reload or restart.

    Each of ``names`` that could log in must be able to afterwards, and the server must show the
    certificate of the release; else the last good one is in force again, and HowdahError is raised.
    """
    found = snapshot(target)
    previous = _last_good(found, release)
    before = set[logins.Login]()
    if state.is_executing:
        tried = logins.known(target) & names
        before = logins.entering(target, found, tried)
    yield releases.swap(target.runtime, verb, release, previous)
    why = _unseen(target, before)
    if why:
        why = f"release {release} does not serve: {why}"
        yield from _back(target, verb, previous, why)


def _last_good(found: Found, release: str) -> str:
    """The release to go back to from another one; empty: there is none."""
    for previous in (found.releases.good, found.releases.current):
        if previous and previous != release:
            return previous
    return ""


@convergent
def prove(target: Target) -> Iterator[PyinfraCommand]:
    """Logs in as each role, if the run changed something; then the release is the good one."""
    found = snapshot(target)
    release = found.releases.current
    if not state.is_executing:
        release = _release_then(target, found)
    if found.known:
        catalog = found.catalog()
        report(reports.cannot_log_in(catalog, target.want))
    is_new = lock.held() or found.releases.good != release
    if state.is_executing and is_new:
        yield from _try_logins(target, found, release)
    if not release or found.releases.good == release:
        host.noop(f"{release or 'nothing'} has been proven")
        return
    would(_tried(target, release))
    yield releases.keep(target.runtime, release)


def _release_then(target: Target, found: Found) -> str:
    """The one that is in force when the other operations have done their work."""
    new = staged(target, found)
    if new:
        return new.release
    return found.releases.current


def _try_logins(
    target: Target,
    found: Found,
    release: str,
) -> Iterator[PyinfraCommand]:
    known = logins.known(target)
    rejected = logins.rejected(target, found, known)
    why = _first(rejected)
    if not why:
        return
    previous = found.releases.good
    if previous == release:
        previous = ""
    yield from _back(target, "reload", previous, why)


def _tried(target: Target, release: str) -> list[str]:
    roles = set()
    for _, role in target.logins:
        roles.add(role)
    known = logins.of_the_store(target)
    tried = ", ".join(sorted(roles & known))
    others = ", ".join(sorted(roles - known))
    lines = [f"log in as {tried}; {release} is the good one then"]
    if others:
        lines.append(f"not tried, for the store has no password of theirs: {others}")
    return lines


def _back(
    target: Target,
    verb: str,
    previous: str,
    why: str,
) -> Iterator[PyinfraCommand]:
    """The last good release, if there is one, and the cause: raises HowdahError."""
    if previous:
        host.log_styled(why, fg="red", log_func=logger.error)  # should what follows fail
        if verb == "start":
            verb = "restart"
        yield releases.swap(target.runtime, verb, previous, "")
        if target.cluster.may_restart and snapshot(target).settings.pending:
            # what a restart has put in force goes back by one
            yield control(target.runtime, "restart")
        why += f"; {previous} is back in force"
    raise HowdahError(why)


def _unseen(target: Target, before: Set[logins.Login]) -> str:
    """What a client does not see as it should; empty when all is well."""
    found = snapshot(target)
    certificate = found.releases.files.get("server.crt")
    address = logins.reached(found, target)
    try:
        if address and certificate and target.cluster.tls:
            shown = logins.served(found, address)
            if shown != certificate.sha256:
                return "the server shows another certificate"
    except OSError as e:
        return f"no answer on {address} port {found.process.port}: {e}"
    rejected = logins.rejected(target, found, before)
    return _first(rejected)


def _first(rejected: Mapping[logins.Login, str]) -> str:
    """Empty: there is none."""
    for (database, role), why in rejected.items():
        return f"{role} cannot log in to {database}: {why}"
    return ""
