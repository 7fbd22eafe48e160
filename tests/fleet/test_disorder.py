"""Hosts in ordinary disorder: somebody else's apt, shells that talk, sudo that does not."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.fleet.machine import Machine
from tests.fleet.single import Single
from tests.matrix import sampled
from tests.server import refusals

# -- apt's and dpkg's locks ------------------------------------------------------------------

# In the order in which an installation comes to them, and what they are called there.
LOCKS = {
    "/var/lib/dpkg/lock-frontend": "the dpkg frontend lock",
    "/var/lib/dpkg/lock": "the dpkg database lock",
    "/var/lib/apt/lists/lock": "/var/lib/apt/lists/lock",
    "/var/cache/apt/archives/lock": "/var/cache/apt/archives/lock",
}
# As apt and dpkg take them: by fcntl, not flock.
HOLD = """exec perl -MFcntl -e '
open(my $file, ">", $ARGV[0]) or die;
my $whole = pack("s s l! l! i i", F_WRLCK, 0, 0, 0, 0, 0);
fcntl($file, F_SETLK, $whole) or die;
$| = 1;
print "$$\\n";
sleep' "$0"
"""


def hold(machine: Machine, lock: str) -> int:
    """The pid of a process on the host that has the lock."""
    words = shlex.join(["setsid", "sh", "-c", HOLD, lock])
    return int(machine.sh(f"""rm -f /run/held
        {words} < /dev/null > /run/held 2>&1 &
        until [ -s /run/held ]; do sleep 0.05; done; cat /run/held"""))  # fmt: skip


def lines_until(run: "subprocess.Popen[str]", text: str) -> str:
    """The line of a run's output that has the text."""
    said = []
    assert run.stdout
    for line in run.stdout:
        said.append(line)
        if text in line:
            return line.strip()
    raise AssertionError("".join(said))


@pytest.fixture
def unpackaged(converged: Single) -> Single:
    """A host that lacks a package: apt need not fetch much."""
    converged.machine.sh(f"dpkg --purge postgresql-{converged.version}-pgaudit")
    return converged


def test_locks_are_waited_for(unpackaged: Single) -> None:
    """F1: each of them, with a word on whom it waits for, while it waits."""
    machine = unpackaged.machine
    pids = {lock: hold(machine, lock) for lock in LOCKS}
    with unpackaged.start() as run:
        for lock, name in LOCKS.items():
            wanted = f"waiting for perl (process {pids[lock]}), which has {name}: "
            assert " of at most 600 s" in lines_until(run, wanted)
            machine.sh(f"kill {pids[lock]}")
        output = run.communicate(timeout=120)[0]
    assert run.returncode == 0, output
    assert unpackaged.deploy().changed == []


@pytest.mark.all
def test_locks_are_not_waited_for_longer_than_allowed(unpackaged: Single) -> None:
    machine = unpackaged.machine
    lock, name = next(iter(LOCKS.items()))
    pid = hold(machine, lock)
    says = f"could not install PostgreSQL: perl (process {pid}) has had {name} for"
    unpackaged.inventory(apt_lock_timeout="0")
    said = unpackaged.refused_in_one_line()
    assert f"{says} 0 s (apt_lock_timeout); run this again after it" in said
    assert "waiting for" not in said
    unpackaged.inventory(apt_lock_timeout="1s")
    said = unpackaged.refused_in_one_line()
    assert "0 of at most 1 s" in said
    assert f"{says} 1 s" in said
    machine.sh(f"kill {pid}")


def test_other_failures_of_apt_are_not_waited_for(unpackaged: Single) -> None:
    machine = unpackaged.machine
    machine.sh("mkdir /aside && mv /etc/apt/sources.list* /aside && apt-get update")
    said = unpackaged.refused_in_one_line()
    machine.sh("cp -a /aside/* /etc/apt && rm -r /aside && apt-get update")
    assert "could not install PostgreSQL: E: Unable to locate package" in said


# -- Shells that talk ------------------------------------------------------------------------

# On both streams, before and after a command, with and without a line end, and not in UTF-8.
TALKS = r"""
echo Hello
printf 'Gr\374\337e\n'
stty -ixon
printf 'no line end'
printf 'nor here' >&2
trap 'echo bye; echo "bye!" >&2' EXIT
"""


@pytest.fixture
def talking(converged: Single) -> Iterator[Single]:
    """A host whose login shell greets, complains, and knows no such locale."""
    machine = converged.machine
    machine.sh("cp ~/.bashrc ~/kept; echo LC_ALL=de_DE.UTF-8 > /etc/default/locale")
    machine.sh("cat > ~/.bashrc", stdin=TALKS)
    yield converged
    machine.sh("mv ~/kept ~/.bashrc; rm /etc/default/locale")


def test_shell_that_talks(talking: Single) -> None:
    """Wherever the host's answer is read: version, snapshot, lock, canary, swap, login, undo."""
    assert talking.dry().changed == []
    talking.inventory(work_mem="1004kB")
    assert "work_mem = 1004kB" in talking.shown()
    talking.deploy()
    assert talking.ask("SHOW work_mem") == "1004kB"
    assert talking.deploy().changed == []
    verified = talking.verify()
    assert verified.returncode == 0, verified.stdout
    undone = talking.pyinfra("-y", "deploys.undo.undo")
    assert undone.code == 0, undone.output
    assert talking.ask("SHOW work_mem") != "1004kB"


@pytest.mark.all
def test_fish(converged: Single) -> None:
    """Its quotes are other ones than sh's."""
    converged.machine.sh(
        "DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends fish;"
        "mkdir -p ~/.config/fish; echo 'echo Hello from fish' > ~/.config/fish/config.fish;"
        "usermod -s /usr/bin/fish root"
    )
    converged.inventory(max_connections=120, restart=True)
    converged.deploy()
    verified = converged.verify()
    converged.machine.sh("usermod -s /bin/bash root")
    assert verified.returncode == 0, verified.stdout


def test_failure_among_the_talk(talking: Single) -> None:
    talking.inventory(settings={"cursor_tuple_fraction": 7})
    said = talking.refused_in_one_line()
    assert "7 is outside the valid range" in said.partition("Summary")[2]
    talking.machine.sh("mv /usr/bin/systemctl /usr/bin/aside")
    talking.inventory(max_connections=120, restart=True)
    said = talking.refused_in_one_line()
    talking.machine.sh("mv /usr/bin/aside /usr/bin/systemctl")
    assert "failed: Load the configuration: could not load release" in said


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("echo 'Defaults requiretty' >> /etc/sudoers.d/ops",
         "sudo: sorry, you must have a tty to run sudo"),
        ("rm /etc/sudoers.d/ops", "sudo asks for a password, and pyinfra would show"),
        ("chmod u-s /usr/bin/sudo", "sudo: /usr/bin/sudo must be owned by uid 0"),
        ("usermod -s /usr/sbin/nologin ops",
         "the login shell answered 'This account is currently not available.'"),
    ],
)  # fmt: skip
def test_sudo_that_fails_is_the_cause(converged: Single, script: str, says: str) -> None:
    """Not the greeting before it, and not the system that is then unknown."""
    machine = converged.machine
    converged.inventory(ssh_user="ops", _sudo=True)
    machine.sh("cp -a /etc/sudoers.d/ops ~/sudoers; usermod -s /bin/bash ops")
    machine.sh(f"cat > ~ops/.bashrc; {script}", stdin=TALKS)
    dry = converged.pyinfra("--dry", "deploy.py", stdin="no\n")
    said = converged.refused_in_one_line()
    machine.sh("cp -a ~/sudoers /etc/sudoers.d/ops; chmod u+s /usr/bin/sudo")
    machine.sh("usermod -s /bin/sh ops; rm ~ops/.bashrc")
    for output in (said, dry.output.replace("\n        ", " ")):
        assert f"{says}" in output
        assert "needs Debian 12" not in output


# -- A file system of its own ----------------------------------------------------------------


@pytest.mark.all
def test_empty_mount_is_initialised(fresh: Single) -> None:
    """Told apart from somebody's data, also where a run was killed in it."""
    machine, data = fresh.machine, fresh.data
    machine.sh(f"mkdir -p {data} && mount -t tmpfs -o size=400m,mode=0755 tmpfs {data}")
    machine.sh(f"mkdir -m 0700 {data}/lost+found && touch {data}/aquota.user {data}/accounts.csv")
    assert f"{data} has files, and is no data directory" in fresh.refused_in_one_line()
    machine.sh(f"rm {data}/accounts.csv")
    assert f"initdb {data}, in the new file system that is mounted there" in fresh.shown()
    machine.sh(f"cd {data} && mkdir -p .howdah.new base && touch base/1 postgresql.conf")
    machine.sh(f"cd {data} && chown -R postgres .howdah.new base postgresql.conf")
    refusals.converges(fresh)
    assert machine.sh(f"mountpoint {data}; ls {data}/..").splitlines()[1:] == ["main"]
    left = machine.sh(f"ls -A {data}").split()
    assert {"lost+found", "aquota.user", "PG_VERSION"} <= {*left}
    assert ".howdah.new" not in left
    assert machine.run(f"ls {data}/base/1/PG_VERSION").returncode == 0


# -- Clocks ----------------------------------------------------------------------------------


def at(single: Single, offset: str, *words: str) -> tuple[int, str]:
    """A run whose controller has another time than the host: its code and output."""
    if not shutil.which("faketime"):
        pytest.skip("NO CLOCK WAS SET: needs faketime; apt-get install faketime")
    inventory = f"inventories/{single.environment}.py"
    command = ["faketime", "-f", offset, single.python, "-m", "pyinfra", *words, inventory]
    done = single.run([*map(str, command), "deploy.py"], stdin="no\n")
    assert "Traceback" not in done.stderr
    return done.returncode, (done.stdout + done.stderr).replace("\n        ", " ")


BOTH_TIMES = r"the clock of this machine is at \S+ \S+ UTC, that of \S+ at \S+ \S+ UTC; needs them"


def test_certificate_is_issued_where_clocks_agree(converged: Single) -> None:
    """A controller two days ahead would issue one that no client takes, and prove it."""
    certificate = converged.secrets / "hosts" / f"{converged.machine.name}.crt"
    served = f"cat {converged.etc}/current/server.crt"
    converged.inventory(certificate_names=["db.example"])
    before = certificate.read_text(), converged.machine.sh(served)
    for offset, words in (("+2d", ["-y"]), ("-2d", ["-y"]), ("+2d", ["--dry"])):
        code, output = at(converged, offset, *words)
        assert (code != 0, "no certificate is issued: " in output) == (True, True), output
        assert re.search(BOTH_TIMES, output), output
        assert "timedatectl" in output
    assert (certificate.read_text(), converged.machine.sh(served)) == before
    assert at(converged, "+4m", "-y")[0] == 0
    assert certificate.read_text() != before[0]
    code, output = at(converged, "+2d", "-y")
    assert code == 0, output
    assert re.search(f"warning: {BOTH_TIMES}", output)
    certificate.unlink()


# -- Names -----------------------------------------------------------------------------------


@pytest.mark.all
def test_name_that_no_certificate_can_hold(converged: Single) -> None:
    """Refused before the host is touched, and not after PostgreSQL is installed there."""
    address = converged.machine.address
    config = converged.folder / "ssh_config"
    config.write_text(f"Host db_x\n HostName {address}\n")
    converged.hosts({"db_x": {"ssh_config_file": str(config)}})
    dry = converged.pyinfra("--dry", "deploy.py", stdin="no\n")
    said = converged.refused("--data", "work_mem=1004kB")
    for output in (said, dry.output):
        assert "no certificate can hold 'db_x'" in output
        assert "set ssh_hostname, or use another alias" in output
        assert "Starting operation" not in output
    assert dry.code != 0
    converged.hosts({"db_x": {"ssh_hostname": address, "listen_addresses": ["0.0.0.0"]}})
    assert f"DSN       host={address} " in converged.pyinfra("-y", "deploy.py").output


def test_superusers_line_is_an_operators(converged: Single) -> None:
    """As it is printed, for somebody who is not root and has sudo."""
    output = converged.pyinfra("-y", "deploy.py").output
    line = re.search(r"superuser (.*)  # on the host", output)
    assert line
    ask = f"{line[1]} -XAtc 'SELECT current_user'"
    assert (
        converged.machine.sh(f"cd /root && runuser -u ops -- sh -c {shlex.quote(ask)}")
        == "postgres"
    )
    assert f"DSN       host={converged.machine.name} " in output


# -- Host keys -------------------------------------------------------------------------------


def typed(single: Single, output: str, what: str) -> None:
    """A line of the message, as somebody types it."""
    line = re.search(
        f"^ *and {what} it +(.*)$(?:\n +(ssh-keyscan.*)$)?", output, flags=re.MULTILINE
    )
    assert line, output
    for words in filter(None, line.groups()):
        subprocess.run(words, shell=True, check=True, cwd=single.folder, capture_output=True)


@pytest.mark.parametrize("port", sampled([22, 2222], [2222]))
def test_unknown_host_key_is_refused_in_production(converged: Single, port: int) -> None:
    """With what the host shows, and what to type; after it the host is known."""
    machine = converged.machine
    machine.sh("printf 'Port 22\\nPort 2222\\n' > /etc/ssh/sshd_config.d/ports.conf;"
               "systemctl restart ssh")  # fmt: skip
    converged.inventory(ssh_port=port)
    converged.known_hosts.write_text("")
    said = converged.refused()
    assert f"is not in {converged.known_hosts}" in said
    shown = re.search(r"it shows +ed25519 (SHA256:\S+)", said)
    assert shown
    assert shown[1] in machine.sh("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub")
    typed(converged, said, "add")
    assert converged.deploy().changed == []
    converged.inventory(ssh_strict_host_key_checking="accept-new")
    assert "production needs 'yes'" in converged.refused_in_one_line()
    converged.know()


def test_changed_host_key_is_refused(converged: Single) -> None:
    converged.machine.sh("rm /etc/ssh/ssh_host_*; ssh-keygen -A -q; systemctl restart ssh")
    said = converged.refused()
    assert f"is not the one in {converged.known_hosts}: somebody in the middle" in said
    typed(converged, said, "replace")
    assert converged.deploy().changed == []
