"""Data in a folder that the inventory names: a mount of its own, checked before anything else."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.checkout import Checkout

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a mount needs root")


@pytest.fixture
def volume(bare: Checkout) -> Iterator[Path]:
    """A new file system."""
    folder = bare.folder.parent / "volume"
    folder.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=400m,mode=0755", "tmpfs", folder)
    yield folder
    run("umount", "-l", folder)


def run(*command: str | Path) -> None:
    subprocess.run(command, check=True)


def test_mount_of_its_own(bare: Checkout, volume: Path) -> None:
    bare.inventory(data_directory=str(volume))
    assert f"initdb {volume}, in the new file system that is mounted there" in bare.shown()
    bare.deploy()
    assert bare.ask("SHOW data_directory") == str(volume)
    assert bare.deploy().changed == []
    destroyed = bare.pyinfra("-y", "deploys.local.destroy")
    assert destroyed.code == 0, destroyed.output
    assert volume.is_mount()
    assert list(volume.iterdir()) == []
    bare.deploy()


def test_folder_in_a_mount(bare: Checkout, volume: Path) -> None:
    data = volume / "17" / "data"
    bare.inventory(data_directory=str(data))
    bare.deploy()
    assert (data.stat().st_mode & 0o777, data.owner()) == (0o700, "howdah")
    assert bare.deploy().changed == []


def somebodys(data: Path) -> None:
    data.mkdir()
    shutil.chown(data, "nobody")


def closed_above(data: Path) -> None:
    data.parent.chmod(0o700)


def read_only(data: Path) -> None:
    run("mount", "-o", "remount,ro", data.parent)


def nothing(_: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("disorder", "stage", "fault"),
    [
        (somebodys, "development", "{0} is nobody's; needs howdah: chown -R howdah: {0}"),
        (closed_above, "development", "howdah cannot enter it; chmod o+x {1}"),
        (read_only, "development", "is its file system mounted read-only?"),
        (nothing, "staging", "{0} is on tmpfs: a reboot would delete it"),
    ],
)
def test_what_no_server_may_live_in(
    bare: Checkout, volume: Path, disorder: object, stage: str, fault: str
) -> None:
    data = volume / "data"
    assert callable(disorder)
    disorder(data)
    bare.inventory(data_directory=str(data), stage=stage)
    said = " ".join(bare.refused().split())
    assert fault.format(data, volume) in said
    assert not bare.home.exists()


def test_folder_of_howdahs_own(bare: Checkout) -> None:
    bare.inventory(data_directory=f"{bare.home}/log/data")
    assert f"needs a folder apart from {bare.home}" in " ".join(bare.refused().split())


def test_data_that_moves(bare: Checkout, volume: Path) -> None:
    bare.deploy()
    bare.ask("CREATE TABLE public.kept AS SELECT 1 AS i")
    before, data = bare.home / "data", volume / "data"
    bare.inventory(data_directory=str(data))
    said = " ".join(bare.refused().split())
    assert f"{data} has no data, and the server's is in {before}" in said
    assert 'docs/operations.md, "Moved data directory"' in said
    for verb in ("stop", "start", "status", "destroy"):
        run_of_it = bare.pyinfra("-y", f"deploys.local.{verb}")
        assert run_of_it.code == 1, run_of_it.output
        assert f"set data_directory = '{before}'" in " ".join(run_of_it.output.split())
    bare.inventory(data_directory=str(before))
    assert bare.pyinfra("-y", "deploys.local.stop").code == 0
    bare.inventory(data_directory=str(data))
    run("cp", "-a", before, data)
    proven = "Prove that every role can log in"
    assert bare.deploy().changed == ["Write the configuration", "Load the configuration", proven]
    assert bare.ask("TABLE public.kept; SHOW data_directory") == f"1\n{data}"
    assert bare.deploy().changed == []
