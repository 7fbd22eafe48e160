"""A release in force, and proven: by what a client sees, before it and after it."""

from collections.abc import Iterator, Set

from pyinfra import host, logger, state
from pyinfra.api.command import PyinfraCommand

from deploys import lock, logins, releases
from deploys.convergent import convergent
from deploys.snapshot import snapshot
from deploys.target import Target
from deploys.tell import report, would
from howdah import reports
from howdah.errors import HowdahError


def swap(
    target: Target, verb: str, release: str, names: Set[logins.Login]
) -> Iterator[PyinfraCommand]:
    """Puts a release in force: start, reload or restart.

    Whoever of ``names`` could log in must be able to afterwards, and the server must show the
    certificate of the release; else the last good one is in force again, and HowdahError is raised.
    """
    found, runtime = snapshot(target), target.runtime
    previous = next((r for r in (found.good, found.current) if r and r != release), "")
    before = (
        logins.entering(target, found, logins.known(target) & names)
        if state.is_executing
        else set()
    )
    yield releases.swap(runtime, verb, release, previous)
    why = _unseen(target, before)
    if why:
        yield from _back(target, verb, previous, f"release {release} does not serve: {why}")


@convergent
def prove(target: Target) -> Iterator[PyinfraCommand]:
    """Logs in as each role, if the run changed something; then the release is the good one."""
    found, staged = snapshot(target), target.staged
    release = staged.release if staged else found.current
    if found.running or not found.data:
        report(reports.cannot_log_in(found.catalog(), target.want))
    if state.is_executing and (lock.held() or found.good != release):
        why = _first(logins.refused(target, found, logins.known(target)))
        if why:
            late = staged and staged.late and target.cluster.may_restart
            previous = found.good if found.good != release else ""
            yield from _back(target, "restart" if late else "reload", previous, why)
    if not release or found.good == release:
        host.noop(f"{release or 'nothing'} has been proven")
        return
    would(_tried(target, release))
    yield releases.keep(target.runtime, release)


def _tried(target: Target, release: str) -> list[str]:
    roles = {role for _, role in target.logins}
    tried = roles & logins.of_the_store(target)
    lines = [f"log in as {', '.join(sorted(tried))}; {release} is the good one then"]
    if roles - tried:
        others = ", ".join(sorted(roles - tried))
        lines.append(f"not tried, for the store has no password of theirs: {others}")
    return lines


def _back(target: Target, verb: str, previous: str, why: str) -> Iterator[PyinfraCommand]:
    """The last good release, if there is one, and the cause: raises HowdahError."""
    if previous:
        host.log_styled(why, fg="red", log_func=logger.error)  # should what follows fail
        back = "reload" if verb == "reload" else "restart"
        yield releases.swap(target.runtime, back, previous, "")
        why += f"; {previous} is back in force"
    raise HowdahError(why)


def _unseen(target: Target, before: Set[logins.Login]) -> str:
    """What a client does not see as it should; empty when all is well."""
    found = snapshot(target)
    certificate = found.files.get("server.crt")
    address = logins.reached(found, target)
    try:
        if address and certificate and logins.served(found, address) != certificate.sha256:
            return "the server shows another certificate"
    except OSError as e:
        return f"no answer on {address} port {found.port}: {e}"
    return _first(logins.refused(target, found, before))


def _first(out: dict[logins.Login, str]) -> str:
    return next((f"{role} cannot log in to {base}: {why}" for (base, role), why in out.items()), "")
