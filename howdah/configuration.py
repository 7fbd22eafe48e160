"""postgresql.conf as data: what all components want of it, merged once."""

from collections.abc import Iterable, Mapping

from howdah.component import Setting
from howdah.errors import HowdahError

# Those that templates/postgresql.conf.j2 has a place for; others follow under their own titles.
SECTIONS = (
    "connections",
    "files",
    "authentication",
    "libraries",
    "tls",
    "sizes",
    "checkpoints",
    "planner",
    "timeouts",
    "logging",
    "audit",
    "names",
    "inventory",
)


class ConflictError(HowdahError):
    """Two components that want different values of one setting."""


def merged(asked: Iterable[tuple[str, Setting]]) -> list[Setting]:
    """(component, setting) pairs -> the settings, each once, in their order.

    Names are compared as PostgreSQL does, without regard to case. Raises ConflictError.
    """
    first: dict[str, tuple[str, Setting]] = {}
    for component, setting in asked:
        other, known = first.setdefault(setting.name.lower(), (component, setting))
        if known.value != setting.value:
            raise ConflictError(
                f"{setting.name}: {other} wants {known.value}, and {component} wants "
                f"{setting.value}; needs one of them"
            )
    return [setting for _, setting in first.values()]


def by_section(settings: Iterable[Setting]) -> Mapping[str, list[Setting]]:
    """The settings of each section; each of SECTIONS is there, others in their order."""
    sections: dict[str, list[Setting]] = {name: [] for name in SECTIONS}
    for setting in settings:
        sections.setdefault(setting.section, []).append(setting)
    return sections


def values(settings: Iterable[Setting]) -> dict[str, str]:
    """Name, in small letters: the value as the file has it."""
    return {setting.name.lower(): setting.value for setting in settings}
