"""Product code has one thought a line: limits by folder, of tests.density's figures."""

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.density import Density, of_folder

ROOT = Path(__file__).parents[2]


class Limit(NamedTuple):
    """The most that a folder may have, with comprehensions and conditionals for 1,000 lines."""

    tokens: float
    comprehensions: float
    conditionals: float
    skips: int


GOAL = Limit(tokens=7.0, comprehensions=20, conditionals=12, skips=0)
LIMITS = {
    "howdah": GOAL,
    "components": GOAL,
    "app_db": GOAL,
    "verify": GOAL,
    "deploys": GOAL,
}

PACKED = '''\
"""Three words here."""

# No code.
def f(a):
    """Nor here,
    nor here."""
    b = [c for c in a if c]  # fmt: skip
    return (
        b if a
        else """d
        e"""
    )
'''


@pytest.mark.parametrize("folder", LIMITS)
def test_a_line_holds_little(folder: str) -> None:
    found = of_folder(ROOT / folder)
    limit = LIMITS[folder]
    assert found.tokens <= limit.tokens
    assert found.comprehensions <= limit.comprehensions
    assert found.conditionals <= limit.conditionals
    assert found.skips <= limit.skips


def test_comments_docstrings_and_layout_are_no_code() -> None:
    density = Density()
    density.add(PACKED)
    # def, b, return, its three lines and the text's second one.
    assert density.lines == 7
    assert density.all_tokens == 6 + 11 + 8
    assert density.all_comprehensions == 1
    assert density.all_conditionals == 1
    assert density.skips == 1


def test_texts_add_up() -> None:
    density = Density()
    density.add("a = 1\n")
    density.add("b = [c for c in a]\n")
    assert density.tokens == (3 + 9) / 2
    assert density.comprehensions == 500
    assert density.conditionals == 0


def test_tests_and_migrations_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "app"
    for name in ("a.py", "test_b.py", "tests/c.py", "migrations/versions/d.py"):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("a = 1\n")
    assert of_folder(folder).lines == 1
