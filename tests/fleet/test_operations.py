"""The life of a host: no deploy makes an empty server where data is, and each way on is tried."""

import re
from collections.abc import Iterator

import pytest

from tests.fleet.conftest import NewFleet
from tests.fleet.operations import follow, steps
from tests.fleet.single import Single
from tests.fleet.test_disk import small_disk
from tests.server import refusals

ROWS = "SELECT count(*) FROM app.users"
ADD = "INSERT INTO app.users (id, first_name, last_name) SELECT gen_random_uuid(), 'Ada', n::text "
MOVED = "/srv/postgresql/main"
NEW_DATA = "for an empty server: --data new_data=yes"


@pytest.fixture
def with_row(converged: Single) -> Iterator[Single]:
    """The module's host, with data that must not be lost; with the old inventory afterwards."""
    converged.ask(f"DELETE FROM app.users; {ADD} FROM generate_series(1, 1) n", "appdb")
    yield converged
    converged.inventory()


def untouched(single: Single) -> str:
    """What a deploy that stops must leave alone."""
    return single.machine.sh(
        "find /etc/howdah /etc/postgresql /var/lib/postgresql -maxdepth 3 -printf '%p %u %m %l\\n' "
        "| sort; dpkg -l | md5sum"
    )


@pytest.mark.parametrize("running", [True, pytest.param(False, marks=pytest.mark.all)])
def test_another_cluster_name(with_row: Single, running: bool) -> None:
    """Case 41: the environment's cluster is here by another name, running or not."""
    if not running:
        with_row.machine.sh(f"systemctl stop {with_row.unit}")
    with_row.inventory(cluster_name="other", port=5433)
    before = untouched(with_row)
    said = with_row.refused_in_one_line()
    label = f"{with_row.version}-main"
    assert f"{label} of this environment is here, and {with_row.version}-other would be" in said
    assert "an empty server: set cluster_name = 'main'" in said
    assert NEW_DATA in said
    assert untouched(with_row) == before


def test_lost_volume(with_row: Single) -> None:
    """Cases 41, 44: stopped before anything is touched; then an empty server, as documented."""
    with_row.machine.sh(f"systemctl stop {with_row.unit} && rm -r {with_row.data}")
    before = untouched(with_row)
    said = with_row.refused_in_one_line()
    assert f"failed: Install PostgreSQL: {with_row.data} is missing, and there was a server" in said
    assert NEW_DATA in said
    assert "make destroy" not in said
    assert untouched(with_row) == before
    (step,) = steps("Lost volume")
    assert "makes an empty server: " in follow(with_row, step)
    assert with_row.ask(ROWS, "appdb") == "0"
    refusals.converges(with_row)


@pytest.mark.all
def test_purged_package(with_row: Single) -> None:
    """Case 44: the packages are gone, and took the data with them."""
    package = f"postgresql-{with_row.version}"
    with_row.machine.sh(f"echo {package} {package}/postrm_purge_data boolean true | "
                        f"debconf-set-selections; apt-get purge -y -q {package}")  # fmt: skip
    assert with_row.machine.run(f"ls {with_row.data}").returncode != 0
    assert "is missing, and there was a server" in with_row.refused_in_one_line()
    (step,) = steps("Lost volume")
    follow(with_row, step)
    refusals.converges(with_row)


def reinstall(single: Single, *, packages: bool) -> None:
    """What a new system lacks; the old one's data are aside, on a volume, as another user's."""
    version, etc = single.version, "/etc/systemd/system"
    purge = f"apt-get purge -y -q 'postgresql-{version}*' postgresql-common" if packages else ":"
    single.machine.sh(f"""set -e
        systemctl disable --now {single.unit}
        mkdir /volume && mv /var/lib/postgresql/{version} /volume
        {purge}
        rm -rf /etc/howdah /etc/postgresql/* /var/lib/howdah /var/log/postgresql/*
        rm -rf {etc}/{single.unit}.service.d
        chown -R games:games /volume
        systemctl daemon-reload""")


def mount_volume(single: Single) -> None:
    single.machine.sh("mkdir -p /var/lib/postgresql && cp -aT /volume /var/lib/postgresql && "
                      "rm -r /volume")  # fmt: skip


@pytest.mark.parametrize("packages", [False, pytest.param(True, marks=pytest.mark.all)])
def test_reinstalled_host(with_row: Single, packages: bool) -> None:
    """Case 45: without its volume it stops; with it, its data is taken over by one command."""
    data = with_row.data
    reinstall(with_row, packages=packages)
    said = with_row.refused_in_one_line()
    assert f"{with_row.machine.name} was deployed before (" in said
    assert "has no data now: mount its file system, or take its data over" in said
    assert NEW_DATA in said
    assert with_row.machine.run(f"ls /etc/howdah {data}").returncode != 0

    mount_volume(with_row)
    with_row.machine.sh(f"mv {data} /volume && ln -s /volume {data}")
    with_row.inventory(adopt=True)
    assert f"adopt: {data} is a link; needs the data there" in with_row.refused_in_one_line()
    with_row.inventory()
    with_row.machine.sh(f"rm {data} && mv /volume {data}")
    assert "to take it over (a host that was reinstalled, too)" in with_row.refused_in_one_line()
    (step,) = steps("Reinstalled host")
    printed = follow(with_row, step)
    assert f"adopt {data}: its files are postgres's then" in printed
    assert with_row.ask(ROWS, "appdb") == "1"
    refusals.converges(with_row)
    if packages:
        done = with_row.verify("-q")
        assert done.returncode == 0, done.stdout


@pytest.mark.all
@pytest.mark.parametrize("how", ["lost", "reinstalled"])
def test_killed_while_it_makes_new_data(with_row: Single, how: str) -> None:
    """The next deploy finishes it, without new_data, once something of it is on the host."""
    if how == "lost":
        with_row.machine.sh(f"systemctl stop {with_row.unit} && rm -r {with_row.data}")
        begun = f"{with_row.data}/PG_VERSION"
    else:
        begun = f"{with_row.etc}/environment"
        reinstall(with_row, packages=False)
        with_row.machine.sh("rm -r /volume")
    after = 1
    while with_row.machine.run(f"ls {begun}").returncode:
        assert NEW_DATA in with_row.refused_in_one_line()
        env = {"HOWDAH_KILL_AFTER": str(after)}
        with_row.pyinfra("-y", "--data", "new_data=yes", "deploy.py", env=env)
        after += 1
    assert after > 2
    refusals.converges(with_row)


@pytest.mark.all
def test_volume_of_another_version(with_row: Single) -> None:
    """Case 45: nothing of it is touched."""
    reinstall(with_row, packages=False)
    mount_volume(with_row)
    version, found = f"{with_row.data}/PG_VERSION", with_row.version
    with_row.machine.sh(f"echo 14 > {version}")
    before = untouched(with_row)
    said = with_row.refused_in_one_line("--data", "adopt=yes")
    assert f"adopt: {version} names another version; needs {found}" in said
    assert untouched(with_row) == before
    with_row.machine.sh(f"echo {found} > {version}")
    with_row.deploy("--data", "adopt=yes")


def test_upgrade_that_broke_off(with_row: Single) -> None:
    """Case 42: the folder that names another cluster's data is not to be dropped with it."""
    machine, version = with_row.machine, with_row.version
    machine.sh(f"cd /etc/postgresql/{version} && cp -rL main half && chown -R postgres: half")
    with_row.inventory(cluster_name="half", port=5433)
    for words in ([], ["--data", "adopt=yes"], ["--data", "new_data=yes"]):
        said = with_row.refused_in_one_line(*words)
        assert f"which pg_dropcluster {version} half would delete" in said
        assert f"remove the folder alone: rm -r /etc/postgresql/{version}/half" in said
    machine.sh(f"rm -r /etc/postgresql/{version}/half")


def test_renamed_inventory(with_row: Single) -> None:
    """Case 47: the message names the remedy, and it is one."""
    old, folder = with_row.environment, with_row.folder / "inventories"
    renamed = folder / f"{old}x.py"
    (folder / f"{old}.py").rename(renamed)
    with_row.environment = f"{old}x"
    said = with_row.refused_in_one_line()
    assert f"belongs to the environment '{old}', and this is '{old}x'" in said
    assert f"for an inventory that was renamed: environment = '{old}'" in said
    with_row.inventory(environment=old)
    run = with_row.deploy()
    renamed.unlink()
    with_row.environment = old
    assert run.changed == []


@pytest.mark.all
def test_renamed_host(with_row: Single) -> None:
    """A certificate for the new name; the data stay."""
    machine = with_row.machine
    with_row.hosts({"db1.example.internal": {"ssh_hostname": machine.address,
                                             "listen_addresses": ["0.0.0.0"],
                                             "allowed_networks": with_row.networks}})  # fmt: skip
    run = with_row.deploy()
    assert "Initialise the data directory" not in run.changed
    assert with_row.ask(ROWS, "appdb") == "1"
    assert with_row.deploy().changed == []


@pytest.mark.all
def test_resized_disk(with_row: Single) -> None:
    """WAL follows the disk, by a reload."""
    machine = with_row.machine
    machine.sh(f"systemctl stop {with_row.unit}")
    small_disk(machine, "/var/lib/postgresql", "size=2g")
    with_row.deploy()
    before = with_row.ask("SHOW max_wal_size")
    machine.sh("mount -o remount,size=8g /var/lib/postgresql")
    (step,) = steps("Resized disk, memory or CPU")
    follow(with_row, step)
    after = with_row.ask("SHOW max_wal_size")
    assert [before, after] == ["64MB", "384MB"]
    machine.sh(f"systemctl stop {with_row.unit} && cp -aT /var/lib/postgresql /kept && "
               "umount /var/lib/postgresql && cp -aT /kept /var/lib/postgresql")  # fmt: skip
    with_row.deploy()
    assert with_row.ask(ROWS, "appdb") == "1"


@pytest.mark.all
def test_moved_data_directory(with_row: Single) -> None:
    stop, copy, deploy, remove = steps("Moved data directory")
    with_row.inventory(data_directory=MOVED)
    assert f"{MOVED} has no data, and the server's is in {with_row.data}" in (
        with_row.refused_in_one_line()
    )
    with_row.inventory()
    before = with_row.data
    follow(with_row, stop)
    follow(with_row, copy, with_row.version)
    with_row.inventory(data_directory=MOVED)
    follow(with_row, deploy)
    follow(with_row, remove, with_row.version)
    assert with_row.ask(f"{ROWS}; SHOW data_directory", "appdb") == f"1\n{MOVED}"
    assert with_row.deploy().changed == []
    with_row.machine.sh(f"systemctl stop {with_row.unit} && mv {MOVED} {before}")
    with_row.inventory()
    with_row.deploy()
    assert with_row.deploy().changed == []


@pytest.mark.all
def test_killed_server(with_row: Single) -> None:
    with_row.machine.sh(f"kill -KILL {with_row.pid}")
    (step,) = steps("Killed server")
    follow(with_row, step)
    assert with_row.ask(ROWS, "appdb") == "1"


@pytest.mark.all
def test_minor_upgrade(with_row: Single) -> None:
    """As apt leaves it: another file by the same name."""
    binary = f"/usr/lib/postgresql/{with_row.version}/bin/postgres"
    with_row.machine.sh(f"cp -a {binary} {binary}.new && mv {binary}.new {binary}")
    pid = with_row.pid
    with_row.deploy()
    assert (with_row.waits, with_row.pid) == (["the other binaries"], pid)
    (step,) = steps("Minor upgrade")
    follow(with_row, step)
    assert with_row.pid != pid
    assert with_row.deploy().changed == []


def test_port_that_waits_for_a_restart(with_row: Single) -> None:
    """Case 49: what is printed may be pasted now, and names what comes after the restart."""
    with_row.inventory(port=5444)
    printed = with_row.pyinfra("-y", "deploy.py").output
    assert "waits for a restart (--data restart=yes): port" in printed
    assert re.search(r"DSN .* port=5432 ", printed)
    (superuser,) = re.findall(r"superuser (.*?)(?:  # on the host)?\n", printed)
    assert with_row.machine.sh(f"cd / && {superuser} -XAtc 'SHOW port'") == "5432"
    assert "later     port 5444, after the restart (--data restart=yes)" in printed


@pytest.mark.all
def test_cluster_given_up(with_row: Single) -> None:
    """As documented; then the host may be deployed anew."""
    with_row.inventory(backup="pgbackrest")
    with_row.deploy("--data", "restart=yes")
    said = with_row.pyinfra("-y", "deploys.local.destroy").output
    assert "only development is destroyed; docs/operations.md" in said
    for step in steps("Cluster given up"):
        follow(with_row, step, with_row.version)
    label = f"{with_row.version}-main"
    assert with_row.machine.sh(f"find /etc /var -xdev -name '*{label}*'") == ""
    its = f"-name '*{with_row.environment}-main*' ! -path '*/pgbackrest/*'"  # but what is backed up
    assert with_row.machine.sh(f"find /etc /var -xdev {its}") == ""
    with_row.inventory()
    with_row.deploy()
    assert with_row.ask(ROWS, "appdb") == "0"


# -- Debian 12 to Debian 13 ------------------------------------------------------------------

DIST_UPGRADE = """
export DEBIAN_FRONTEND=noninteractive
sed -i 's/bookworm/trixie/g' $(ls /etc/apt/sources.list /etc/apt/sources.list.d/* 2> /dev/null)
apt-get update -q
apt-get upgrade -y -q --without-new-pkgs -o Dpkg::Options::=--force-confold
apt-get full-upgrade -y -q -o Dpkg::Options::=--force-confold
"""


@pytest.mark.all
def test_debian_release_upgrade(new_fleet: NewFleet) -> None:
    """Cases 41, 42: Debian's own upgrade, and pg_upgradecluster; each row is there after it."""
    fleet = new_fleet("bookworm")
    fleet.inventory(backup="pgbackrest")
    machine = fleet.machines[0]
    heading = "Debian release upgrade"
    before, moves, adopts, analyzes, removes = steps(heading)
    follow(fleet, before)
    machine.ask(f"{ADD} FROM generate_series(1, 88) n", "appdb")
    rows = "SELECT md5(string_agg(u::text, ',' ORDER BY id)) FROM app.users u"
    was = machine.ask(rows, "appdb")
    machine.sh(f"set -e\n{DIST_UPGRADE}")
    machine.reboot()
    assert machine.ask(rows, "appdb") == was

    for stop in ("", "systemctl stop postgresql@15-main"):  # running or not
        machine.sh(stop or ":")
        said = fleet.refused_in_one_line()
        assert "15-main of this environment is here, and 17-main would be an empty server" in said
        assert f'(docs/operations.md, "{heading}")' in said
        assert machine.run("ls -d /usr/lib/postgresql/17 /etc/howdah/17-main").returncode != 0
    machine.sh("systemctl start postgresql@15-main")
    verified = fleet.verify("-q").stdout
    assert "15-main of this environment is here, and 17-main would be an empty server" in verified
    said = fleet.refused_in_one_line("--data", "version=15")
    assert "Debian 13 has 17; upgrade 15-main" in said

    follow(fleet, moves)
    assert "to take it over" in fleet.refused_in_one_line()
    follow(fleet, adopts)
    assert machine.ask(rows, "appdb") == was
    assert machine.ask("SHOW server_version_num") > "170000"
    again = fleet.pyinfra("-y", "deploy.py").output.replace("\n        ", " ")
    assert "no changes" in again
    assert "reported: 15-main of this environment is here too" in again
    follow(fleet, analyzes)

    (back,) = steps("Back to the old cluster")
    follow(fleet, back)
    assert machine.ask("SHOW server_version_num") < "160000"
    assert machine.ask(rows, "appdb") == was
    machine.sh("systemctl disable --now postgresql@15-main; pg_conftool 15 main set port 5433")
    machine.sh("systemctl enable postgresql@17-main")
    machine.reboot()
    assert machine.ask(rows, "appdb") == was
    follow(fleet, removes)
    assert fleet.deploy().changed == []
    assert "15-main" not in fleet.pyinfra("-y", "deploy.py").output
    done = fleet.verify("-q")
    assert done.returncode == 0, done.stdout
