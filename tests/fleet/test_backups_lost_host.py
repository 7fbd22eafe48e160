"""Repositories that outlive the host: a bucket of S3's, beside a folder."""

from collections.abc import Iterator

import pytest

from howdah.repositories import bucket
from tests.documents import blocks
from tests.fleet.bucket import KEYS, Bucket, served
from tests.fleet.machine import Machine
from tests.fleet.single import Single
from tests.fleet.test_backups import COUNT, add, by_hand, make, pgbackrest, rejected, restored

FOLDER = "/var/lib/pgbackrest"


@pytest.fixture(scope="module")
def kept(network: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    """At this machine's address in the hosts' network."""
    _, begin = network
    with served(tmp_path_factory.mktemp("bucket"), f"{begin}.1") as kept:
        yield kept


def write_keys(single: Single, number: int) -> None:
    for name, value in KEYS.items():
        path = single.secrets / f"repo{number}_{name}"
        path.write_text(f"{value}\n")
        path.chmod(0o600)


def lose(single: Single) -> Machine:
    """The host, and all that is on it; another one has its name and address."""
    old = single.machine
    old.remove()
    single.machines[0] = old.again()
    single.know()
    return single.machine


@pytest.fixture(scope="module")
def twice(single: Single, kept: Bucket) -> Single:
    """Backed up to a folder and to a bucket, as the page has it."""
    kept.known_by(single.machine)
    (example,) = [one for one in blocks("backups.md") if one.heading == "Backups"]
    options: dict[str, list[str]] = {}
    exec(example.text, options)
    folder, url = options["backup_repository"]
    its = bucket(url)
    assert its
    assert (folder, its.name) == (FOLDER, "backups")
    single.inventory(backup="pgbackrest", backup_repository=[folder, kept.url])
    return single


def test_keys_of_a_bucket(twice: Single) -> None:
    """What is missing is named before anything is touched; they stand in one file of the host."""
    before = twice.link("current")
    assert "repo2_s3_key is missing: write the bucket's key" in twice.refused_in_one_line()
    assert twice.link("current") == before
    write_keys(twice, 2)
    twice.deploy("--data", "restart=yes")
    secret = KEYS["s3_key_secret"]
    found = twice.machine.sh(f"grep -rlF -e '{secret}' /etc /var/lib/howdah /var/log /run || :")
    assert found == f"{twice.etc}/{twice.link('current')}/pgbackrest"
    assert secret not in twice.shown()


def test_each_repository_has_it(twice: Single) -> None:
    """Encrypted, and read back by a drill."""
    add(twice, "each", 100)
    for number in (1, 2):
        assert pgbackrest(twice, f"--repo={number} info").count("full backup") == 1
    pgbackrest(twice, "check")
    make(twice, "drill")
    assert twice.deploy().changed == []
    assert twice.verify("-k", "backup or proven").returncode == 0


@pytest.mark.all
def test_lost_disk_of_the_repository(twice: Single) -> None:
    """The other one has it all; a new disk gets a full backup with the deploy that follows."""
    number = twice.ask(COUNT, "appdb")
    twice.machine.sh(f"rm -rf {FOLDER}")
    by_hand(twice, "A lost repository")
    run = twice.machine.run(f"systemctl start howdah-backup-{twice.environment}-main@incr")
    assert run.returncode != 0
    assert pgbackrest(twice, "--repo=2 info").count("incr backup") == 1
    restored(twice, "newest")
    assert twice.ask(COUNT, "appdb") == number
    assert pgbackrest(twice, "--repo=1 info").count("full backup") == 1
    make(twice, "restore-keep")
    assert twice.deploy().changed == []


def test_lost_host(twice: Single, kept: Bucket) -> None:
    """A bare host with the same inventory entry: one command, and all is as it was.

    What was wrong in the first try is put right, and the second has it.
    """
    add(twice, "lost_host", 10)
    number = twice.ask(COUNT, "appdb")
    pgbackrest(twice, "check")
    machine = lose(twice)
    kept.known_by(machine)
    assert f"make restore ENV={twice.environment}" in twice.refused_in_one_line()
    dry = twice.pyinfra("--dry", "restore.py")
    assert "apt-get install pgbackrest" in dry.output
    assert machine.run("ls /etc/howdah").returncode != 0
    key = twice.secrets / "repo2_s3_key_secret"
    key.write_text("a secret of the same length, but another1\n")
    said = rejected(twice, "newest")
    assert "failed: Restore the data: the repository has no backup of" in said, said
    key.write_text(f"{KEYS['s3_key_secret']}\n")
    restored(twice, "newest")
    assert twice.ask(COUNT, "appdb") == number
    assert twice.deploy().changed == []
    assert twice.dry().changed == []
    assert twice.verify().returncode == 0
