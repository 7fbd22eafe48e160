"""Hosts over SSH: fresh, converged, far away, ten of them, each beside its floor; and Ansible.

    make bench-fleet

It needs a Docker engine. Hosts are containers that boot systemd; they, their network, the
checkouts, Ansible's virtual environment and the floor's files go at the end.
"""

import os
import signal
import sys
from functools import partial
from types import FrameType
from typing import NoReturn

from benchmarks.fresh import Fresh
from benchmarks.given import given
from benchmarks.hosts import Hosts, hosts, pyinfra, verify
from benchmarks.measure import best, clock, count, heading, row
from benchmarks.outcome import check_outcome
from benchmarks.playbook import ansible
from benchmarks.proxy import slow
from tests.docker.docked import Docked
from tests.fleet.engine import SUITES
from tests.fleet.fleet import Fleet

FRESH, AGAIN, VERIFIED = 3, 5, 3  # rounds
LONGEST = 3600  # seconds for it all
# Numbers of hosts.
OURS, FLOOR, ANSIBLE, TEN = 2, 3, 4, range(11, 21)


def main() -> None:
    """Prints a table: what, seconds, its floor's seconds, the ratio, the limit."""
    signal.signal(signal.SIGALRM, _end)
    signal.signal(signal.SIGTERM, _end)
    signal.alarm(LONGEST)
    with hosts() as made:
        _load()
        heading()
        _fresh(made, "trixie", "fresh host, Debian 13")
        _fresh(made, "bookworm", "fresh host, Debian 12")
        _converged(made)
        _in_docker(made)
        _ten(made)
        _beside_ansible(made)
        _load()


def _end(number: int, _: FrameType | None) -> NoReturn:
    sys.exit(f"ended by {signal.Signals(number).name}")


def _load() -> None:
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores", flush=True)


def _fresh(made: Hosts, suite: str, what: str) -> None:
    have = given(made, suite, FLOOR)
    ours, floor = (Fresh(made, suite, number) for number in (OURS, FLOOR))
    deploy, by_hand = best(FRESH, ours.deploy(), floor.by_hand(have))
    check_outcome("the floor", floor.fleet.machines[0], have.outcome)
    row(what, "1.1", deploy, by_hand)


def _converged(made: Hosts) -> None:
    """Near and far."""
    machine, version = made.boot("bookworm", OURS), SUITES["bookworm"]
    fleet = made.fleet(machine)
    fleet.inventory(version=version)
    _beside_empty(fleet, "converged", "1.5")
    count("  its remote commands", len(fleet.deploy().commands), "2")
    fleet.inventory()
    _beside_empty(fleet, "converged, version unsaid", "1.6")
    count("  its remote commands", len(fleet.deploy().commands), "2")
    with slow(machine.address) as port:
        fleet.hosts({machine.name: {"ssh_hostname": "127.0.0.1", "ssh_port": port,
                                    "version": version}})  # fmt: skip
        known = fleet.known_hosts.read_text()
        fleet.known_hosts.write_text(known.replace(machine.address, f"[127.0.0.1]:{port}"))
        _beside_empty(fleet, "converged, 100 ms away", "2.5 s")


def _beside_empty(fleet: Fleet, what: str, limit: str) -> None:
    """The floor has nothing of Howdah's, not even its config.py."""
    (fleet.folder / "empty.py").write_text("")
    pyinfra(fleet, "deploy.py")
    empty = clock(lambda: pyinfra(fleet, "empty.py", "--config", "empty.py"))
    row(what, limit, *best(AGAIN, clock(lambda: pyinfra(fleet, "deploy.py")), empty))


def _in_docker(made: Hosts) -> None:
    """The server in a container of the host's own engine."""
    machine = made.dock(OURS)
    fleet = Docked(made.folder_for_a_checkout(), made.key, [machine])
    _beside_empty(fleet, "converged, in Docker", "1.8")
    count("  its remote commands", len(fleet.deploy().commands), "1")
    made.remove(OURS)


def _ten(made: Hosts) -> None:
    """The floor is one of them."""
    fleet = made.fleet(*(made.boot("bookworm", number) for number in TEN))
    fleet.inventory(version=SUITES["bookworm"])
    pyinfra(fleet, "deploy.py")
    _verified(fleet)
    ten = clock(lambda: pyinfra(fleet, "deploy.py"))
    one = clock(lambda: pyinfra(fleet, "deploy.py", "--limit", fleet.machines[0].name))
    row("ten hosts, converged", "2.3", *best(AGAIN, ten, one))
    for number in TEN:
        made.remove(number)


def _verified(fleet: Fleet) -> None:
    """The floor is a run of pytest that verifies no host."""
    one, *others = [machine.name for machine in fleet.machines]
    four = " or ".join((one, *others[:3]))
    nothing = clock(partial(verify, fleet, "--collect-only", "-k", one))
    for what, limit, names in (("one host verified", "10 s", one),
                               ("four hosts verified", "15 s", four)):  # fmt: skip
        row(what, limit, *best(VERIFIED, clock(partial(verify, fleet, "-k", names)), nothing))


def _beside_ansible(made: Hosts) -> None:
    """Fresh, and converged on the hosts that the last round has left."""
    have = given(made, "bookworm", OURS)
    ours, theirs = (Fresh(made, "bookworm", number) for number in (OURS, ANSIBLE))
    with ansible(made.folder) as other:
        print(f"\n{other.version}")
        heading(("Howdah", "Ansible", "times", "limit"))
        python, site = theirs.playbooks(other, have)
        deploy, bootstrap, play = best(FRESH, ours.deploy(), python, site)
        check_outcome("Ansible", theirs.fleet.machines[0], have.outcome)
        row("fresh host, Debian 12", "2.5", deploy, bootstrap + play, inverse=True)
        row("  that has Python", "2.5", deploy, play, inverse=True)
        again = clock(lambda: pyinfra(ours.fleet, "deploy.py"))
        row("converged", "20", *best(FRESH, again, site), inverse=True)


if __name__ == "__main__":
    main()
