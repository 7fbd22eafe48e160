"""A runtime whose server has paths of its own, as in a container: a stand-in for an engine.

For an inventory that imports it, runtime = "embedded" runs the server in a mount namespace where
its home is /mnt, and where nothing is in the place that the host has it.
"""

from dataclasses import fields, replace
from typing import Any

from typing_extensions import override

from deploys.runtime import RUNTIMES
from deploys.runtime.embedded import Embedded
from howdah.found import Found
from howdah.layout import Layout


class Rooted(Embedded):
    """What differs: the paths inside, one shell function, and how an operator gets there."""

    @property
    @override
    def inside(self) -> Layout:
        moved: dict[str, Any] = {}
        for each in fields(Layout):
            value = getattr(self.layout, each.name)
            if isinstance(value, str):
                moved[each.name] = value.replace(self.layout.home, "/mnt")
        return replace(self.layout, **moved)

    @property
    @override
    def functions(self) -> list[str]:
        return [*super().functions, "../tests/server/rooted"]

    @override
    def entering(self, found: Found) -> str:
        return f"nsenter --target {found.process.pid} --mount {self.as_owner}"


RUNTIMES["embedded"] = f"{__name__}:Rooted"
