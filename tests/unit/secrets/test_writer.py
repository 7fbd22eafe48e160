"""One writer at a time."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from howdah.errors import HowdahError
from howdah.secrets.store import Store
from howdah.secrets.writer import alone

HOLDER = """
import sys, time
from pathlib import Path
from howdah.secrets.writer import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_other_process_is_named_and_gone_with_kill_9(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with (
            pytest.raises(
                HowdahError, match=rf"lock is held by .*process {holder.pid}\) since .* UTC"
            ),
            alone(lock, wait=0.1),
        ):
            pytest.fail("two writers")
        holder.kill()
        holder.wait()
        with alone(lock, wait=5):
            assert str(holder.pid) not in lock.read_text()


def test_it_can_be_taken_again(tmp_path: Path) -> None:
    for _ in range(2):
        with alone(tmp_path / "lock", wait=0):
            pass


def test_hosts_of_a_fleet_share_a_store(tmp_path: Path) -> None:
    """Each makes what is missing: one CA, one password, a certificate for each host."""
    hosts = [f"db{n}" for n in range(8)]
    stores = [Store(tmp_path / "secrets" / "test") for _ in hosts]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda store, host: store.make(host, [host], 90, 3650), stores, hosts))
    for store, host in zip(stores, hosts, strict=True):
        assert store.due(host, [host], 90) == []
