"""Files, folders and the unit."""

import hashlib
import re

import pytest
from testinfra.host import Host

from deploys import logins
from deploys.releases import FOLDER, FOLDER_MODE, MARKER, marker
from deploys.target import Target
from howdah import x509
from howdah.cluster import Cluster
from howdah.found import Found

LEAST_DAYS = 14
MOST_EXPOSED = 1.5  # of 10, by systemd's own measure
# Of /proc/PID/status: no setuid program helps, no capability, and a filter of system calls.
KEPT = {"NoNewPrivs": "1", "Seccomp": "2", "CapEff": "0" * 16, "CapBnd": "0" * 16}


def test_nothing_is_left_to_install(target: Target, found: Found) -> None:
    assert [*target.runtime.lacks(found), *target.runtime.lacks_data(found)] == []


def test_owner_and_mode_of_the_release(host: Host, target: Target) -> None:
    layout = target.runtime.layout
    command = "cd %s/ && stat -c '%%n %%U:%%G %%a' . *"
    wanted = [f"{name} {layout.file_owner} {layout.file_mode}"
              for name in sorted([*target.files(), MARKER])]  # fmt: skip
    assert sorted(host.check_output(command, layout.current).splitlines()) == [
        f"{FOLDER} {layout.file_owner} {FOLDER_MODE}", *wanted,
    ]  # fmt: skip


def test_release_is_as_the_inventory_says(target: Target, found: Found) -> None:
    wanted = {n: file.sha256 for n, file in target.files(found).items()}
    wanted[MARKER] = hashlib.sha256(marker(found.current)).hexdigest()
    assert [n for n in sorted(wanted) if found.files[n].sha256 != wanted[n]] == []


@pytest.mark.parametrize("folder", ["data", "log"])
def test_folder_is_the_servers_alone(host: Host, target: Target, folder: str) -> None:
    path, owner = getattr(target.runtime.layout, folder), target.runtime.layout.owner
    user, mode = host.check_output("stat -c '%%U %%04a' %s", path).split()
    assert (path, user, mode) == (path, owner, "0700")


def test_unit_is_enabled_and_runs(host: Host, cluster: Cluster) -> None:
    if cluster.runtime != "package":
        pytest.skip(f"runtime = {cluster.runtime!r} has no unit")
    unit = f"postgresql@{cluster.version}-{cluster.cluster_name}"
    states = host.run("systemctl is-enabled %s; systemctl is-active %s", unit, unit).stdout.split()
    assert (unit, *states) == (unit, "enabled", "active")


def test_unit_is_sandboxed(host: Host, cluster: Cluster, found: Found) -> None:
    """What systemd itself says of the unit, and what the kernel has of the process that runs."""
    if cluster.runtime != "package":
        pytest.skip(f"runtime = {cluster.runtime!r} has no unit")
    unit = f"postgresql@{cluster.version}-{cluster.cluster_name}"
    said = host.run("systemd-analyze security --no-pager %s; cat /proc/%s/status", unit,
                    str(found.pid)).stdout  # fmt: skip
    exposure = re.search(r"exposure level for .*: ([\d.]+)", said)
    assert exposure, said
    assert float(exposure[1]) <= MOST_EXPOSED
    status = dict(re.findall(r"^(\w+):\t(\w+)$", said, flags=re.MULTILINE))
    assert {name: status.get(name) for name in KEPT} == KEPT


def test_certificate_is_the_files_and_lasts(host: Host, target: Target, found: Found) -> None:
    """What a client is shown."""
    certificate = host.check_output("cat %s", f"{target.runtime.layout.current}/server.crt")
    address = logins.reached(found, target)
    assert address, f"it listens on {found.listen}, which is in no allowed network"
    assert logins.served(found, address) == found.files["server.crt"].sha256
    left = min(LEAST_DAYS, target.cluster.certificate_days // 3)
    assert x509.days_left(certificate.encode()) > left, "make deploy renews it"
