"""The pytest plugin on PostgreSQL."""

import os
import subprocess
import sys
from pathlib import Path

from tests.server.application import environment
from tests.server.checkout import ROOT, Checkout

TESTS = ROOT / "tests" / "app_db" / "of_an_application.py"


def test_nothing_of_a_test_is_left(deployed: Checkout, tmp_path: Path) -> None:
    (tmp_path / "test_application.py").write_text(TESTS.read_text())
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment(deployed)}
    deployed.ask("DELETE FROM app.users", "appdb")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "app_db.testing"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert "9 passed, 1 xfailed" in done.stdout, done.stdout
    assert deployed.ask("SELECT count(*) FROM app.users", "appdb") == "0"
