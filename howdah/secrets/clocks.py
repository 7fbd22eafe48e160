"""The clocks of this machine and of a host: certificates need them to agree."""

from datetime import UTC, datetime

from howdah.errors import HowdahError

TOLERANCE = 300  # seconds; a new certificate is backdated by as much


def ahead(host: float, asked: float, answered: float) -> float:
    """Seconds that this machine is ahead of the host, which gave its time between the two."""
    if host < asked:
        return asked - host
    return min(answered - host, 0)


def agree(seconds: float) -> bool:
    """Whether a certificate of one is valid on the other."""
    return abs(seconds) <= TOLERANCE


def check(host: str, seconds: float, *, now: float) -> None:
    """Raises HowdahError where clocks do not agree. ``now``: this machine's time."""
    if not agree(seconds):
        raise HowdahError(f"no certificate is issued: {difference(host, seconds, now=now)}")


def difference(host: str, seconds: float, *, now: float) -> str:
    """Both times, and what to do."""
    return (
        f"the clock of this machine is at {_text(now)}, that of {host} at {_text(now - seconds)}; "
        f"needs them within {TOLERANCE // 60} minutes: set the one that is wrong (timedatectl "
        "shows it, timedatectl set-ntp true keeps it right), and run this again"
    )


def _text(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S UTC}"
