"""A full disk of a host: refused in a line, what is in force stays, and then there is room."""

import re

import pytest

from tests.fleet.machine import Machine
from tests.fleet.single import Single
from tests.matrix import sampled
from tests.server import refusals


def small_disk(machine: Machine, folder: str, options: str) -> None:
    """Another file system in a folder's place, with the same in it, from now on."""
    machine.sh(f"""set -e
        own=$(stat -c uid=%u,gid=%g,mode=%a {folder})
        rm -rf /kept; cp -a {folder} /kept
        mount -t tmpfs -o $own,{options} tmpfs {folder}
        cp -aT /kept {folder}""")


def fill(machine: Machine, folder: str, free: int = 0) -> None:
    """A file that leaves so many bytes, of a small disk: never of this machine's own."""
    machine.sh(f"mountpoint -q {folder}")
    machine.run(f"dd if=/dev/zero of={folder}/filler bs=4096")
    machine.sh(f"truncate -s -{free} {folder}/filler")


def in_force(single: Single) -> list[str]:
    """Links, the bytes of the files, what is loaded, and what would be loaded again."""
    files = single.machine.sh(f"cd {single.etc} && readlink * ; md5sum current/*")
    single.ask("SELECT pg_reload_conf()")
    faults = single.ask("SELECT count(*) FROM pg_file_settings WHERE error <> ''")
    return [files, faults, single.login("appuser", "appdb", "SHOW work_mem").stdout]


@pytest.mark.parametrize("free", sampled([0, 4096, 20480], [4096]))
def test_disk_full_while_writing_the_configuration(converged: Single, free: int) -> None:
    """F4."""
    if converged.machine.run("mountpoint -q /etc/howdah").returncode:
        small_disk(converged.machine, "/etc/howdah", "size=128k")
        # what is mounted in a container is not seen by a unit that has its own mounts already
        converged.machine.sh(f"systemctl restart {converged.unit}")
    before = in_force(converged)
    fill(converged.machine, "/etc/howdah", free)
    converged.inventory(work_mem="9MB")
    said = converged.refused_in_one_line()
    assert re.search("failed: Write the configuration: could not write release r-[0-9]+: tar: "
                     "[a-z_.]+: (Cannot write: No space|Wrote only 4096 of)", said)  # fmt: skip
    assert in_force(converged) == before
    converged.machine.sh("rm /etc/howdah/filler")
    refusals.converges(converged)
    assert converged.ask("SHOW work_mem") == "9MB"


def test_disk_full_while_trying_the_configuration(converged: Single) -> None:
    """F4. The canary needs 40 MB of its own."""
    before = in_force(converged)
    converged.machine.sh("rm -rf /var/lib/howdah/*")  # its data directory, kept to be copied
    small_disk(converged.machine, "/var/lib/howdah", "size=20m")
    converged.inventory(work_mem="9MB")
    said = converged.refused_in_one_line()
    assert re.search("could not use release r-[0-9]+: initdb: .*No space left on device", said)
    assert in_force(converged) == before
    assert converged.machine.sh("ls /var/lib/howdah") == ""
    converged.machine.sh("umount /var/lib/howdah")
    refusals.converges(converged)


def test_disk_of_the_data(fresh: Single) -> None:
    """Full for the first run, and full for a database later on."""
    machine = fresh.machine
    small_disk(machine, "/var/lib/postgresql", "size=20m")
    said = fresh.refused_in_one_line()
    assert "failed: Initialise the data directory: could not make the data directory" in said
    assert "No space left on device" in said
    assert machine.run(f"ls {fresh.data}").returncode != 0
    machine.sh("mount -o remount,size=250m /var/lib/postgresql")
    refusals.converges(fresh)
    fresh.ask("DROP DATABASE temporal")
    fill(machine, "/var/lib/postgresql")
    assert "No space left on device" in fresh.refused_in_one_line()
    machine.sh("rm /var/lib/postgresql/filler")
    refusals.converges(fresh)


@pytest.mark.all
def test_disk_full_while_making_debians_cluster(fresh: Single) -> None:
    """Half a folder of /etc/postgresql is none."""
    fresh.machine.sh("mkdir -p /etc/postgresql && chown postgres: /etc/postgresql")
    small_disk(fresh.machine, "/etc/postgresql", "size=4k")
    said = fresh.refused_in_one_line()
    assert re.search("could not make /.* postgresql@.*: .*No space left on device", said)
    fresh.machine.sh("mount -o remount,size=1m /etc/postgresql")
    refusals.converges(fresh)
