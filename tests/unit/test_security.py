"""Each check that docs/security.md names is a test."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text()
NAMED = sorted(set(re.findall(r"`(test_\w+)`", TEXT)))
KINDS = ("stopped", "seen", "open", "done", "yours", "no")
MAY_HAVE_NONE = {"open", "yours", "no"}


def known_tests() -> set[str]:
    """Names of test functions, those of `make verify` included."""
    found = set()
    for path in (*(ROOT / "tests").rglob("test_*.py"), *(ROOT / "verify").glob("test_*.py")):
        tree = ast.parse(path.read_text())
        found |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return found


def rows() -> list[list[str]]:
    """The cells of each line that says what an attacker can do."""
    lines = [line.strip("| ").split(" | ") for line in TEXT.splitlines() if line.startswith("|")]
    return [cells for cells in lines if set(cells) & set(KINDS)]


def test_every_check_is_a_test() -> None:
    known = known_tests()
    assert NAMED
    assert [name for name in NAMED if name not in known] == []


@pytest.mark.parametrize("cells", rows(), ids=lambda cells: cells[-2][:40])
def test_every_line_has_its_check(cells: list[str]) -> None:
    names = re.findall(r"`(test_\w+)`", cells[-1])
    assert names or (cells[-1] == "none" and MAY_HAVE_NONE & set(cells))
