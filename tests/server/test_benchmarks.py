"""Each benchmark runs and prints its table. Small: the numbers of one round say nothing."""

import re

import pytest

from tests.server.checkout import Checkout
from tests.server.test_local import make

pytestmark = pytest.mark.all


@pytest.mark.parametrize(
    ("target", "rows"),
    [
        ("bench", ["converged run", "changed setting", "first run"]),
        ("bench-growth", ["100 tables", "10 databases", "10 roles"]),
        ("bench-app", ["Simple SELECT by ID", "create_many of 1,000", "import of app_db"]),
    ],
)
def test_benchmark(bare: Checkout, target: str, rows: list[str]) -> None:
    output = make(bare, target, "ROUNDS=1")
    for row in rows:
        assert re.search(rf"^{row} +.*\d\.\d\d", output, flags=re.MULTILINE), output
    assert not list((bare.folder / "inventories").glob("bench*"))
    assert not list((bare.folder / "secrets").glob("bench*"))
