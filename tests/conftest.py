"""The order of the test files: what takes long begins first, what is short fills the end."""

from pathlib import Path

import pytest

ROOMS = ("fleet", "docker", "server", "app_db", "unit")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files with tests for test-all, where they run; then by room. A file's tests stay together."""
    everything = "not all" not in config.option.markexpr
    long = {item.path for item in items if everything and item.get_closest_marker("all")}

    def place(item: pytest.Item) -> tuple[bool, int]:
        return item.path not in long, _room(item.path)

    items.sort(key=place)


def _room(path: Path) -> int:
    room = path.relative_to(Path(__file__).parent).parts[0]
    return ROOMS.index(room) if room in ROOMS else 0
