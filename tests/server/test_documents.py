"""The commands of docs/undo.md for the embedded server, as they stand."""

import os
from pathlib import Path

import pytest

from tests.documents import blocks
from tests.server.checkout import AS_HOWDAH, Checkout

pytestmark = pytest.mark.all
DUMP = Path("/var/tmp/everything.sql")


def test_leaving(bare: Checkout) -> None:
    """It starts without the checkout, and its data can be taken elsewhere."""
    bare.deploy()
    assert bare.pyinfra("-y", "deploys.local.stop").code == 0
    dump = bare.folder / "everything.sql"
    dump.touch(0o666)
    dump.chmod(0o666)
    become = AS_HOWDAH if os.geteuid() == 0 else []
    commands = [b for b in blocks("undo.md") if b.file == "server"]
    assert len(commands) == 2
    for block in commands:
        text = block.text.replace("/var/lib/howdah/local", str(bare.home))
        text = text.replace(str(DUMP), str(dump)).replace("5433", str(bare.port))
        done = bare.run([*become, "sh", "-eu"], stdin=text)
        assert done.returncode == 0, done.stderr
    assert bare.login("appuser", "appdb").returncode == 0
    assert "CREATE TABLE app.users" in dump.read_text()
