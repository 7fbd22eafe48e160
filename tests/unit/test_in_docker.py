"""What a cluster in a container may be, and what its compose.yaml has of it."""

from typing import Any

import pytest

from howdah import compose
from howdah.cluster import Cluster
from howdah.configuration import values
from howdah.errors import ClusterError
from howdah.hardware import UNKNOWN
from howdah.host_data import read
from howdah.options import version_of_image
from howdah.render import settings

DIGEST = "sha256:" + "0123456789abcdef" * 4


def cluster(**data: Any) -> Cluster:
    return read({"environment": "test", "runtime": "docker", "version": 16, **data})


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("postgres:16-alpine", 16),
        (f"postgres:17@{DIGEST}", 17),
        ("registry.example.com:5000/team/postgres:18.1", 18),
    ],
)
def test_version_is_the_tags(image: str, version: int) -> None:
    assert version_of_image(image) == version
    assert cluster(image=image).image == image


@pytest.mark.parametrize("image", ["postgres:latest", f"postgres:latest@{DIGEST}"])
def test_tag_without_a_version_is_named(image: str) -> None:
    """Also where its digest begins with digits."""
    with pytest.raises(ClusterError, match="names no version; set version, too"):
        version_of_image(image)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("image", "postgres"),
        ("image", "Postgres:16"),
        ("image", "postgres:16 --privileged"),
        ("image", "postgres:${TAG}"),
        ("docker_subnet", "8.8.8.0/24"),
        ("docker_subnet", "10.77.0.0/29"),
        ("docker_subnet", "fd00::/64"),
        ("listen_addresses", ["0.0.0.0"]),
        ("allowed_networks", ["10.0.0.0/24"]),
        ("packages", ["postgresql-16-cron"]),
        ("data_directory", "/srv/data"),
        ("adopt", True),
    ],
)
def test_what_it_cannot_be_is_rejected(option: str, value: object) -> None:
    with pytest.raises(ClusterError, match=option):
        cluster(**{option: value})


def test_label_changes_with_the_container() -> None:
    """And is read back from the file, as undo does."""
    one, other = compose.render(cluster()), compose.render(cluster(port=5444))
    assert one.spec != other.spec
    assert compose.spec_of(one.text) == one.spec
    assert compose.render(cluster(work_mem="9MB")) == one


def test_others_begin_above_the_server() -> None:
    text = compose.render(cluster(docker_subnet="10.78.4.0/24")).text
    assert "ipv4_address: 10.78.4.2" in text
    assert "gateway: 10.78.4.1, ip_range: 10.78.4.128/25" in text


def test_what_is_archived_has_a_folder_of_its_own() -> None:
    """Mounted only where there are backups: without them no container is made anew."""
    without, backed_up = cluster(backup="off"), cluster(backup="pgbackrest")
    mount = "source: ./spool/wal, target: /var/spool/pgbackrest,"
    assert mount in compose.render(backed_up).text
    assert "spool" not in compose.render(without).text


def test_image_needs_no_pgbackrest() -> None:
    backed_up = cluster(backup="pgbackrest")
    found = values(settings(backed_up, compose.INSIDE, UNKNOWN))
    assert found["archive_command"].startswith("'d=/var/spool/pgbackrest; test ! -e $d/%f && cp ")
