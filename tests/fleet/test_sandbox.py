"""What a packaged server, and whoever becomes it, may do on its host."""

import re
import shlex

import pytest

from tests.fleet.single import Single
from tests.server import refusals

DATA, LOAD = "Initialise the data directory", "Load the configuration"
MMAP = {"x86_64": 9, "aarch64": 222}  # the system call's number
# As the version before this one wrote it.
BEFORE = """[Service]
Type=notify
PIDFile=
User=postgres
ExecStart=
ExecStart=/usr/lib/postgresql/{v}/bin/postgres -D /var/lib/postgresql/{v}/main \
-c config_file=/etc/postgresql/{v}/main/postgresql.conf \
-c external_pid_file=/run/postgresql/%i.pid
ExecStop=
ExecReload=
ExecReload=/bin/kill -HUP $MAINPID
KillMode=mixed
KillSignal=SIGINT
Restart=on-failure
RestartSec=1
OOMPolicy=continue
"""


def drop_in(single: Single) -> str:
    return f"/etc/systemd/system/{single.unit}.service.d/howdah.conf"


def verified(single: Single) -> str:
    """Of the unit and what waits: what verify says where it fails."""
    done = single.verify("-k", "sandboxed or waits or left_to_install")
    return "" if done.returncode == 0 else done.stdout.replace("\n", " ")


def becoming(single: Single, program: str) -> str:
    """What a program says that the superuser starts in the server."""
    quoted = program.replace("'", "''")
    copied = f"COPY said FROM PROGRAM '({quoted}) 2>&1 | tr -d ''\\\\''; true' (DELIMITER E'\\x01')"
    asked = f"CREATE TEMP TABLE said (line text); {copied}; SELECT line FROM said"
    return single.ask(asked)


# -- What it may, and what it may not ----------------------------------------------------------

REFUSED = {
    "the superuser's own psqlrc": ("echo > ~postgres/.psqlrc", "Read-only file system"),
    "Debian's folder": ("touch {debian}/own.conf", "Read-only file system"),
    "a file for all": ("touch /var/tmp/../lib/postgresql/mine", "Read-only file system"),
    "homes": ("ls /home/ops", "Permission denied"),
    "sudo": ("sudo -n true", "no new privileges"),
    "a namespace of its own": ("unshare -U true", "Operation not permitted"),
    "a socket past TCP": ("perl -MSocket -e 'socket(S, 16, SOCK_RAW, 0) or die $!'",
                          "Address family not supported"),
    "the kernel's log": ("dmesg", "Operation not permitted"),
    "code made at run time": ("perl -e 'syscall({mmap}, 0, 4096, 7, 34, -1, 0) + 1 or die $!'",
                              "Permission denied|Operation not permitted"),
}  # fmt: skip
ALLOWED = {
    "its data directory": ("touch {data}/mine && rm {data}/mine && echo done", "done"),
    "its log": ("touch {log}/mine && rm {log}/mine && echo done", "done"),
    "a temporary folder": ("mktemp", "/tmp/"),
    "the network": ("getent hosts localhost", "localhost"),
    "a copy with its owner": ("cp -a {data}/PG_VERSION /tmp/ && chown postgres /tmp/PG_VERSION && "
                              "echo done", "done"),
    "shared memory": ("touch /dev/shm/mine && rm /dev/shm/mine && echo done", "done"),
}  # fmt: skip


def test_program_of_the_superuser(single: Single) -> None:
    """COPY … PROGRAM is at work, and stays where it belongs."""
    machine = single.machine
    names = {
        "data": single.data,
        "debian": single.debian,
        "log": f"/var/log/postgresql/{single.version}-main",
        "mmap": MMAP[machine.sh("uname -m")],
    }
    wrong = {}
    for what, (program, says) in {**REFUSED, **ALLOWED}.items():
        said = becoming(single, program.format(**names))
        if not re.search(says, said):
            wrong[what] = said
    assert wrong == {}
    assert machine.sh("find /tmp /var/tmp -name PG_VERSION -path '*howdah*'") == ""
    processes = becoming(single, "ls /proc | grep -c ^[0-9]")
    assert int(processes) < int(machine.sh("ls /proc | grep -c ^[0-9]"))
    machine.ask("COPY (SELECT 1) TO '/tmp/exported'")
    assert machine.run("ls /tmp/exported").returncode != 0


def exposure(single: Single) -> float:
    """Of 10, by the measure that auditors use."""
    said = single.machine.sh(f"systemd-analyze security --no-pager {single.unit}")
    return float(re.findall(r"exposure level for .*: ([\d.]+)", said)[0])


def status(single: Single) -> dict[str, str]:
    """What the kernel has of the process that runs."""
    return dict(re.findall(r"^(\w+):\t(\w+)$", single.machine.sh(f"cat /proc/{single.pid}/status"),
                           flags=re.MULTILINE))  # fmt: skip


def test_systemd_and_the_kernel_agree(single: Single) -> None:
    assert exposure(single) <= 1.5
    its = status(single)
    assert (its["NoNewPrivs"], its["Seccomp"]) == ("1", "2")
    assert {its["CapEff"], its["CapBnd"], its["CapPrm"], its["CapInh"]} == {"0" * 16}
    namespaces = f"readlink /proc/{{1,{single.pid}}}/ns/{{user,mnt}}"
    seen = single.machine.sh(f"bash -c {shlex.quote(namespaces)}").splitlines()
    assert len(set(seen)) == len(seen)
    assert verified(single) == ""


@pytest.mark.all
def test_without_a_sandbox(converged: Single) -> None:
    """The inventory may have it so: each run warns, and verify fails."""
    converged.inventory(sandbox=False)
    run = converged.pyinfra("-y", "--data", "restart=yes", "deploy.py")
    assert "warning: sandbox = False: the server may do on its host" in run.output
    assert "<= 1.5" in verified(converged)
    assert becoming(converged, "ls /home/ops; echo done").endswith("done")
    assert status(converged)["NoNewPrivs"] == "0"


EXPLAIN = """SET jit = on; SET jit_above_cost = 0;
EXPLAIN ANALYZE SELECT sum(i * 2) FROM generate_series(1, 1000) AS i"""


@pytest.mark.all
def test_jit_decides_about_code_made_at_run_time(converged: Single) -> None:
    """Where it is off, a session that SETs it goes without; where it is on, it is had."""
    assert "JIT:" not in converged.ask(EXPLAIN)
    converged.inventory(jit=True)
    converged.deploy()
    assert converged.waits == ["the unit"]
    assert "JIT:" not in converged.ask(EXPLAIN)
    converged.deploy("--data", "restart=yes")
    assert "JIT:" in converged.ask(EXPLAIN)
    assert exposure(converged) <= 1.5
    assert converged.pyinfra("-y", "deploys.undo.undo").code == 0
    assert converged.waits == []
    assert "JIT:" in converged.ask(EXPLAIN)


# -- Where it writes ---------------------------------------------------------------------------


@pytest.mark.all
def test_tablespaces(converged: Single) -> None:
    """A new one needs its folder in the inventory; one that is there is found."""
    machine, folder = converged.machine, "/srv/fast 100% disk"
    machine.sh(f"install -d -o postgres '{folder}/space'")
    create = f"CREATE TABLESPACE fast LOCATION '{folder}/space'"
    with pytest.raises(AssertionError, match="Read-only file system"):
        converged.ask(create)
    converged.inventory(read_write_paths=[folder])
    converged.deploy("--data", "restart=yes")
    converged.ask(create)
    converged.ask("CREATE TABLE public.far (i int) TABLESPACE fast")
    converged.inventory()
    converged.deploy("--data", "restart=yes")
    converged.ask("INSERT INTO public.far VALUES (1); CHECKPOINT")
    with pytest.raises(AssertionError, match="Read-only file system"):
        converged.ask(f"CREATE TABLESPACE other LOCATION '{folder}'")
    machine.sh(f"systemctl restart {converged.unit}")
    assert converged.ask("SELECT * FROM public.far") == "1"
    converged.ask("DROP TABLE public.far")
    converged.ask("DROP TABLESPACE fast")


def test_planted_link_opens_nothing(single: Single) -> None:
    """Who has become the server may put links into its data directory, and make folders there."""
    link, own = f"{single.data}/pg_tblspc", f"{single.data}/own /run/postgresql/own"
    becoming(
        single,
        f"for folder in {own}; do mkdir -p $folder/PG_{single.version}_1; done; cd {link}; "
        f"ln -s ~postgres 1; ln -s /etc 2; ln -s {single.data}/own 3; "
        "ln -s /run/postgresql/own 4",
    )
    assert single.deploy().changed == []
    assert single.waits == []
    becoming(single, f"rm -r {link}/[1-4] {own}")


# -- A unit that changes -----------------------------------------------------------------------


def as_before(single: Single) -> None:
    """The version before this one has deployed."""
    text, path = BEFORE.format(v=single.version), drop_in(single)
    single.machine.sh(f"cat > {path}; systemctl daemon-reload", stdin=text)
    single.machine.sh(f"systemctl restart {single.unit}")


def test_sandbox_waits_for_a_restart(converged: Single) -> None:
    """Of a version that had none: what changes is shown, then there is nothing to change."""
    converged.inventory(work_mem="5MB", version=int(converged.version))
    converged.deploy()
    as_before(converged)
    pid, shown = converged.pid, converged.shown()
    assert "+ProtectSystem=strict" in shown
    assert "from its next restart on the server writes only to" in shown
    run = converged.pyinfra("-y", "deploy.py")
    summary = run.output.partition("--> Summary:")[2]
    assert f"{DATA}: write" in summary
    assert "waits for a restart (--data restart=yes): the unit" in summary
    again = converged.deploy()
    assert (again.changed, len(again.commands), converged.waits) == ([], 1, ["the unit"])
    assert "['the unit'] == []" in verified(converged)
    undone = converged.pyinfra("-y", "deploys.undo.undo")
    assert "waits for a restart (make stop start): the unit" in undone.output
    assert converged.ask("SHOW work_mem") != "5MB"
    assert converged.pid == pid
    assert LOAD in converged.deploy("--data", "restart=yes").changed
    assert (converged.deploy().changed, converged.waits) == ([], [])
    assert converged.pid != pid


@pytest.mark.all
def test_killed_before_systemd_has_read_it(converged: Single) -> None:
    """The host's power is cut, or its shell is killed, between two lines of that command."""
    path = drop_in(converged)
    wanted = converged.machine.sh(f"cat {path}")
    as_before(converged)
    converged.machine.sh(f"cat > {path}", stdin=f"{wanted}\n")
    assert converged.deploy("--data", "restart=yes").changed == [LOAD]
    assert (converged.deploy().changed, converged.waits) == ([], [])


@pytest.mark.all
def test_killed_after_the_unit(converged: Single) -> None:
    """The run is killed, the server crashes, and comes back in its sandbox with the old release."""
    as_before(converged)
    converged.inventory(work_mem="6MB")
    converged.pyinfra("-y", "deploy.py", env={"HOWDAH_KILL_AFTER": "3"})
    assert "ProtectSystem=strict" in converged.machine.sh(f"cat {drop_in(converged)}")
    converged.machine.sh(f"systemctl restart {converged.unit}")
    assert converged.ask("SHOW work_mem") != "6MB"
    refusals.converges(converged)
    assert (converged.waits, converged.ask("SHOW work_mem")) == ([], "6MB")


@pytest.mark.all
def test_host_that_cannot_sandbox(converged: Single) -> None:
    """It is tried before the unit has it: a server that would not start again stays as it is."""
    as_before(converged)
    tried = f"/run/systemd/system/howdah-sandbox-{converged.version}-main.service"
    converged.machine.sh(f"mkdir {tried}.d; cat > {tried}.d/broken.conf",
                         stdin="[Service]\nBindPaths=/nowhere\n")  # fmt: skip
    said = converged.refused_in_one_line()
    before = converged.machine.sh(f"cat {drop_in(converged)}")
    converged.inventory(sandbox=False)
    converged.deploy()
    after = converged.machine.sh(f"cat {drop_in(converged)}")
    converged.machine.sh(f"rm -r {tried}.d; systemctl daemon-reload")
    assert "systemd cannot sandbox a unit on this host (" in said
    assert "/nowhere" in said
    assert "set sandbox = False" in said
    assert "howdah.unit" not in before
    assert "howdah.unit" in after
    assert converged.machine.run(f"ls {tried}").returncode != 0
