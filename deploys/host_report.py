"""What a run has done, or would do, on each host: gathered by its operations."""

from dataclasses import dataclass, field
from typing import Any

from pyinfra import host, logger, state

from howdah.danger import Danger

RESTART = "--data restart=yes"


@dataclass
class HostReport:
    """One host's part. Nothing secret."""

    planned: dict[str, list[str]] = field(default_factory=dict)  # operation: what it would do
    brief: dict[str, list[str]] = field(default_factory=dict)  # the same, where that is long
    changed: dict[str, list[str]] = field(default_factory=dict)  # operation: what it did
    reported: list[str] = field(default_factory=list)
    dangers: list[Danger] = field(default_factory=list)  # those of them that fail `make verify`
    warned: list[str] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)  # settings that wait for a restart
    restart: str = RESTART  # how to let it happen
    passwords: dict[str, str] = field(default_factory=dict)  # role: the new one's file
    passwords_by: str = ""  # the operation that sets them
    days_left: dict[str, int] = field(default_factory=dict)
    proven: dict[str, int] = field(default_factory=dict)  # the last restore that came back
    connect: list[str] = field(default_factory=list)  # how to, line by line
    failed: str = ""
    executing: bool = False

    def execute(self) -> None:
        """What was found while the run was prepared may have changed since."""
        self.executing = True
        self.reported.clear()
        self.dangers.clear()
        self.waits.clear()
        self.passwords.clear()

    def shown(self, line: str) -> str:
        """One that was reported, as it is printed."""
        if line in self.dangers:
            return f"reported: {line} (danger)"
        return f"reported: {line}"

    def reports(self) -> list[str]:
        """All of them, dangers first: what follows may be cut."""
        lines = []
        for danger in self.dangers:
            lines.append(self.shown(danger))
        for line in self.reported:
            if line not in self.dangers:
                lines.append(self.shown(line))
        return lines

    def waiting(self) -> list[str]:
        lines = []
        for name in self.waits:
            lines.append(f"waits for a restart ({self.restart}): {name}")
        return lines

    def new_passwords(self) -> list[str]:
        """In the words of a run that has changed them, or would."""
        verb = "changes"
        if self.executing:
            verb = "has changed"
        lines = []
        for role, file in self.passwords.items():
            lines.append(f"the password of {role} {verb} to the one in {file}")
        return lines

    def public(self) -> dict[str, Any]:
        """For last-run.json and --json."""
        return {
            "planned": self.planned,
            "changed": self.changed,
            "warned": self.warned,
            "reported": self.reported,
            "dangers": self.dangers,
            "waits": self.waits,
            "passwords": self.passwords,
            "days_left": self.days_left,
            "proven": self.proven,
            "failed": self.failed,
        }


# By the host's name.
_reports: dict[str, HostReport] = {}


def current() -> HostReport:
    """The current host's."""
    report = of_host(host.name)
    if state.is_executing and not report.executing:
        report.execute()
    return report


def fail(why: str) -> None:
    """The current host has failed."""
    current().failed = why
    host.log_styled(why, fg="red", log_func=logger.error)


def of_host(name: str) -> HostReport:
    """A host's. It begins empty."""
    return _reports.setdefault(name, HostReport())


def by_name() -> dict[str, HostReport]:
    """Each host's, sorted by its name."""
    return dict(sorted(_reports.items()))


def not_failed() -> dict[str, HostReport]:
    """Those of hosts that go on, by name, in the inventory's order."""
    reports = {}
    for each in state.inventory:
        if each.name in _reports and each not in state.failed_hosts:
            reports[each.name] = _reports[each.name]
    return reports
