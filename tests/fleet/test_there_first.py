"""Clusters that were there before Howdah: left alone, or taken over when the inventory says so."""

import pytest

from tests.fleet.conftest import NewFleet
from tests.fleet.fleet import Fleet

ETC = "/etc/postgresql/17/main"
OWN = "auth_delay,pgaudit,pg_stat_statements"


@pytest.fixture
def there_first(new_fleet: NewFleet) -> Fleet:
    """A host with a cluster as Debian makes it, in use."""
    fleet = new_fleet()
    machine = fleet.machines[0]
    machine.sh("pg_createcluster 17 main")
    machine.sh(f'sed -i "s/^#work_mem = .*/work_mem = 9MB  # it\'s ours/" {ETC}/postgresql.conf')
    loads = "shared_preload_libraries 'pg_prewarm, auto_explain'"
    machine.sh(f'echo "{loads}" >> {ETC}/postgresql.conf')
    machine.sh("systemctl start postgresql@17-main")
    machine.ask("CREATE DATABASE shop; CREATE ROLE ada LOGIN PASSWORD 'not howdahs'")
    machine.ask("CREATE TABLE public.kept AS SELECT 42 AS answer", "shop")
    return fleet


def no_file_of_roots_is_shown(fleet: Fleet) -> None:
    """By a link that the server's OS user has put into his folder."""
    machine = fleet.machines[0]
    machine.sh("(umask 077 && echo '# hidden' > /root/secret)")
    machine.sh(f"mv {ETC}/pg_ident.conf ~ && ln -s /root/secret {ETC}/pg_ident.conf")
    shown, refused = fleet.shown(), fleet.refused_in_one_line()
    assert "hidden" not in shown + refused
    assert "could not install PostgreSQL: cat: " in refused
    assert machine.run("grep -r hidden /etc/howdah").returncode != 0
    machine.sh(f"mv -T ~/pg_ident.conf {ETC}/pg_ident.conf")


def test_somebody_elses_cluster(there_first: Fleet) -> None:
    """Refused as it is, with a word on what to do; adopted with everything shown before."""
    fleet, machine = there_first, there_first.machines[0]
    files = f"cd {ETC} && find . -type f -exec md5sum {{}} + | sort; stat -c %y {ETC}"
    before = machine.sh(files), machine.ask("SELECT pg_postmaster_start_time()")
    says = "17-main is not Howdah's"
    assert says in fleet.pyinfra("--dry", "deploy.py", stdin="no\n").output.replace(
        "\n        ", " "
    )
    assert says in fleet.refused_in_one_line()
    fleet.inventory(adopt=True)
    shown = fleet.shown()
    for line in (f"+shared_preload_libraries = '{OWN},pg_prewarm,auto_explain'",
                 "adopt /etc/postgresql/17/main: its files become r-0", "-work_mem = 9MB",
                 "-host    all             all             127.0.0.1/32            scram-sha-256",
                 "role ada is not in roles-sql", "CREATE ROLE appuser",
                 "ada can no longer log in: pg_hba.conf line ", "(local all all peer) goes",
                 "waits for a restart (--data restart=yes): shared_preload_libraries"):  # fmt: skip
        assert line in shown
    assert (machine.sh(files), machine.ask("SELECT pg_postmaster_start_time()")) == before
    no_file_of_roots_is_shown(fleet)

    run = fleet.pyinfra("-y", "deploy.py")
    assert run.code == 0, run.output
    summary = " ".join(run.output.partition("--> Summary:")[2].split())
    assert "reported: ada can no longer log in: pg_hba.conf line" in summary
    kept = "write libraries = ['pg_prewarm', 'auto_explain'] into the inventory"
    assert kept in summary
    assert machine.ask("SELECT answer FROM public.kept", "shop") == "42"
    assert machine.ask("SELECT pg_postmaster_start_time()") == before[1]
    assert fleet.deploy().changed == []
    undone = fleet.pyinfra("-y", "deploys.undo.undo")
    assert undone.code == 0, undone.output
    assert machine.ask("SHOW work_mem") == "9MB"
    fleet.deploy("--data", "restart=yes")
    assert machine.ask("SHOW shared_preload_libraries") == f"{OWN},pg_prewarm,auto_explain"
    assert fleet.deploy().changed == []
    fleet.inventory(adopt=True, libraries=[])
    assert f"+shared_preload_libraries = '{OWN}'" in fleet.shown()


@pytest.mark.parametrize(
    ("done", "says"),
    [
        ("rm -rf /var/lib/postgresql/17/main", "needs both of"),
        (f"echo work_mem=1GB > {ETC}/conf.d/own.conf", "put their settings into the inventory"),
        (f"echo \"TZ = 'Mars'\" > {ETC}/environment", "put them into a drop-in of"),
        (f"echo \"pg_ctl_options = '-t 99'\" > {ETC}/pg_ctl.conf", "put them into a drop-in of"),
        (f"sed -i 's,^data_directory.*,data_directory = \"/srv\",' {ETC}/postgresql.conf",
         "needs its data_directory to be"),
    ],
)  # fmt: skip
def test_what_is_not_adopted(new_fleet: NewFleet, done: str, says: str) -> None:
    fleet = new_fleet()
    machine = fleet.machines[0]
    machine.sh(f"pg_createcluster 17 main && {done}")
    fleet.inventory(adopt=True)
    assert says in fleet.refused_in_one_line()
    assert machine.run("ls -d /etc/howdah").returncode != 0


def test_two_clusters_on_one_host(new_fleet: NewFleet) -> None:
    """Each an entry of the inventory, in one run; neither is touched by the other."""
    fleet = new_fleet()
    machine = fleet.machines[0]
    fleet.hosts({
        "first": {"ssh_hostname": machine.address},
        "second": {"ssh_hostname": machine.address, "cluster_name": "second", "port": 5433},
    })  # fmt: skip
    fleet.deploy()
    assert fleet.deploy().changed == []
    for port, name in ((5432, "main"), (5433, "second")):
        assert machine.ask("SHOW cluster_name", port=port) == f"17/{name}"
    machine.sh("echo work_mem = 7MB >> /var/lib/postgresql/17/second/postgresql.auto.conf")
    machine.ask("SELECT pg_reload_conf()", port=5433)
    run = fleet.deploy()
    assert run.changed == ["Load the configuration"]
    assert machine.ask("SHOW work_mem", port=5433) != "7MB"


def test_another_environments_cluster(deployed: Fleet, new_fleet: NewFleet) -> None:
    other = new_fleet(machines=deployed.machines)
    said = other.refused_in_one_line()
    assert f"17-main belongs to the environment '{deployed.environment}'" in said
    assert deployed.deploy().changed == []
