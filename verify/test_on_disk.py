"""Files, folders and the unit."""

import hashlib
import re

import pytest
from testinfra.host import Host

from deploys import logins
from deploys.releases import FOLDER, FOLDER_MODE, MARKER, marker
from deploys.target import Target
from howdah.cluster import Cluster
from howdah.found import Found
from howdah.secrets import x509

LEAST_DAYS = 14
MOST_EXPOSED = 1.5  # of 10, by systemd's own measure
# Of /proc/PID/status: no setuid program helps, no capability, and a filter of system calls.
SANDBOXED = {
    "NoNewPrivs": "1",
    "Seccomp": "2",
    "CapEff": "0" * 16,
    "CapBnd": "0" * 16,
}


@pytest.fixture
def unit(cluster: Cluster) -> str:
    """The name of the cluster's unit."""
    if cluster.runtime != "package":
        pytest.skip(f"runtime = {cluster.runtime!r} has no unit")
    return f"postgresql@{cluster.version}-{cluster.cluster_name}"


def test_nothing_is_left_to_install(target: Target, found: Found) -> None:
    lacks = list(target.runtime.lacks(found))
    lacks += target.runtime.lacks_data(found)
    assert lacks == []


def _quoted(form: str) -> str:
    """For testinfra, which fills what stands after a % in."""
    return form.replace("%", "%%")


def test_owner_and_mode_of_the_release(host: Host, target: Target, found: Found) -> None:
    layout, owners = target.runtime.layout, target.runtime.owners(found)
    command = f"cd %s/ && stat -c '%%n {_quoted(owners.file_format)} %%a' . *"
    shown = host.check_output(command, layout.current).splitlines()
    wanted = [f"{FOLDER} {owners.file} {FOLDER_MODE}"]
    for name in (*target.files(), MARKER):
        wanted.append(f"{name} {owners.file} {layout.file_mode}")
    assert sorted(shown) == sorted(wanted)


def test_release_is_as_the_inventory_says(target: Target, found: Found) -> None:
    wanted = {}
    for name, file in target.files(found).items():
        wanted[name] = file.sha256
    wanted[MARKER] = hashlib.sha256(marker(found.releases.current)).hexdigest()
    differ = [name for name in sorted(wanted) if found.releases.files[name].sha256 != wanted[name]]
    assert differ == []


@pytest.mark.parametrize("folder", ["data", "log"])
def test_folder_is_the_servers_alone(host: Host, target: Target, found: Found, folder: str) -> None:
    owners = target.runtime.owners(found)
    path = getattr(target.runtime.layout, folder)
    command = f"stat -c '{_quoted(owners.user_format)} %%04a' %s"
    user, mode = host.check_output(command, path).split()
    assert (path, user, mode) == (path, owners.user, "0700")


def test_unit_is_enabled_and_runs(host: Host, unit: str) -> None:
    shown = host.run("systemctl is-enabled %s; systemctl is-active %s", unit, unit)
    assert (unit, *shown.stdout.split()) == (unit, "enabled", "active")


def test_unit_is_sandboxed(host: Host, unit: str, found: Found) -> None:
    """What systemd itself reports of the unit, and what the kernel has of the process that runs."""
    security = host.run("systemd-analyze security --no-pager %s", unit).stdout
    exposure = re.search(r"exposure level for .*: ([\d.]+)", security)
    assert exposure, security
    assert float(exposure[1]) <= MOST_EXPOSED
    status = host.run("cat /proc/%s/status", str(found.process.pid)).stdout
    of_the_process = dict(re.findall(r"^(\w+):\t(\w+)$", status, flags=re.MULTILINE))
    assert {name: of_the_process.get(name) for name in SANDBOXED} == SANDBOXED


@pytest.mark.usefixtures("tls")
def test_certificate_is_the_files_and_lasts(host: Host, target: Target, found: Found) -> None:
    """What a client is shown."""
    certificate = host.check_output("cat %s", f"{target.runtime.layout.current}/server.crt")
    address = logins.reached(found, target)
    assert address, f"it listens on {found.server.listen}, which is in no allowed network"
    assert logins.served(found, address) == found.releases.files["server.crt"].sha256
    left = min(LEAST_DAYS, target.cluster.certificate_days // 3)
    assert x509.days_left(certificate.encode()) > left, "make deploy renews it"
