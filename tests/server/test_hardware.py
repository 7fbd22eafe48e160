"""What sizing gives is what a real server takes, and says again when it is asked."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from howdah.cluster import Cluster
from howdah.hardware import GB, Hardware
from howdah.settings import in_bytes
from howdah.sizing import sized
from tests.server.checkout import AS_HOWDAH, Checkout

# A kernel does not promise more than all the memory that there is.
PROMISED = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2 // GB * GB
EXTREMES = [
    Hardware(memory, cores, disk)
    for memory in (1 * GB, 256 * GB)
    for cores in (1, 128)
    for disk in (8 * GB, 65536 * GB)
]
Start = Callable[[dict[str, str]], dict[str, str]]


@pytest.fixture(scope="module")
def server(deployed: Checkout) -> Start:
    """Starts a server of its own with these settings, and returns them as it has them."""
    folder = deployed.folder / "sizing"
    folder.mkdir()
    become = []
    if os.geteuid() == 0:
        become = AS_HOWDAH
        subprocess.run(["chown", "howdah:", folder], check=True)

    def run(program: str, *words: str) -> str:
        command = [*become, str(deployed.bin / program), *words]
        done = subprocess.run(command, cwd="/", check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr + log.read_text()
        return done.stdout

    data, log = folder / "data", folder / "log"
    log.touch(mode=0o666)
    log.chmod(0o666)
    run("initdb", "-D", str(data), "-U", "postgres", "-N", "-A", "trust")

    def start(settings: dict[str, str]) -> dict[str, str]:
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        own = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        run(
            "pg_ctl", "-D", str(data), "-w", "-s", "-l", str(log), "-o", f"{own} {options}", "start"
        )
        try:
            sql = "SELECT name || '=' || current_setting(name) FROM pg_settings"
            said = run("psql", "-XAtq", "-h", str(folder), "-U", "postgres", "-c", sql)
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "-s", "stop")
        known = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
        return {name: known[name] for name in settings}

    return start


def amount(text: str) -> int:
    return int(text) if text.isdigit() else in_bytes(text)


@pytest.mark.parametrize("hardware", EXTREMES, ids=lambda h: f"{h.memory}-{h.cores}-{h.disk}")
def test_extremes_start(server: Start, hardware: Hardware) -> None:
    settings = sized(Cluster(environment="test"), hardware)
    if in_bytes(settings["shared_buffers"]) > PROMISED:
        settings["shared_buffers"] = f"{PROMISED // 1024}kB"
    said = server(settings)
    assert {n: amount(v) for n, v in said.items()} == {n: amount(v) for n, v in settings.items()}


def test_deployed_server_has_what_its_host_gives(deployed: Checkout) -> None:
    """Asked of the server itself: nothing in the file waits, or is overruled."""
    sql = "SELECT name, setting FROM pg_file_settings WHERE NOT applied OR error IS NOT NULL"
    assert deployed.ask(sql) == ""
    processors = os.cpu_count() or 0
    assert deployed.ask("SHOW shared_buffers") == "64MB"  # a quarter of the inventory's 256
    assert deployed.ask("SHOW max_parallel_workers") == str(processors)


def test_share_in_per_cent_of_this_machine(bare: Checkout) -> None:
    bare.inventory(memory="50%")
    total = int(Path("/proc/meminfo").read_text().split()[1]) * 1024
    buffers = next(line.split()[2] for line in bare.shown().splitlines()
                   if line.strip().startswith("+shared_buffers"))  # fmt: skip
    assert total // 8 - 64 * 1024**2 <= in_bytes(buffers) <= total // 8


def test_more_memory_than_the_host_has(bare: Checkout) -> None:
    bare.inventory(memory="99TB")
    assert "memory = '99TB': is 103809024 MB; needs 64 MB to the" in bare.refused()
    assert not bare.home.exists()
