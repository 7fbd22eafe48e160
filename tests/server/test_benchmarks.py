"""Each benchmark runs and prints its table. Small: the numbers of one round say nothing."""

import re
import subprocess

import pytest

from tests.server.checkout import ROOT, Checkout
from tests.server.test_local import make

pytestmark = pytest.mark.all


@pytest.mark.parametrize(
    ("target", "rows"),
    [
        ("bench", ["converged run", "changed setting", "first run"]),
        ("bench-app", ["Simple SELECT by ID", "create_many of 1,000", "import of app_db"]),
    ],
)
def test_benchmark(bare: Checkout, target: str, rows: list[str]) -> None:
    output = make(bare, target, "ROUNDS=1")
    for row in rows:
        assert re.search(rf"^{row} +.*\d\.\d\d", output, flags=re.MULTILINE), output
    assert not list((bare.folder / "inventories").glob("bench*"))
    assert not list((bare.folder / "secrets").glob("bench*"))


def test_benchmark_of_growth() -> None:
    """Its checkouts are copies of this one, which git lists."""
    done = subprocess.run(["make", "bench-growth", "ROUNDS=1"], cwd=ROOT, capture_output=True,
                          text=True, check=False, timeout=1800)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for row in ("100 tables", "100 tables with a GRANT each", "10 databases", "10 roles"):
        assert re.search(rf"^{row} +.*\d\.\d\d", done.stdout, flags=re.MULTILINE), done.stdout
