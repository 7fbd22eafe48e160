"""What somebody has left open by hand, and no deploy closes."""

import pytest

from howdah.danger import KINDS
from verify.current_host import CurrentHost

REMEDY = "take it away, or name the line in allowed = [...] of the inventory"


@pytest.mark.parametrize("kind", KINDS)
def test_no_door_is_left_open(current: CurrentHost, kind: str) -> None:
    lines = [line for line in current.dangers if line.kind == kind]
    if lines:
        pytest.fail("\n".join([*lines, REMEDY]), pytrace=False)
