"""Which containers' data are taken over, by what the snapshot says of them."""

import pytest

from howdah import adoption
from howdah.cluster import Cluster
from howdah.errors import ClusterError
from howdah.found import Found, read
from howdah.host_data import read as read_cluster

FACTS = {
    "their_state": "exited",
    "their_image": "postgres:16-alpine",
    "their_restart": "unless-stopped",
    "their_superuser": "postgres",
    "their_data": "/srv/shop/data",
    "their_version": "16",
    "their_uid": "70",
    "their_shut_down": "",
    "their_size": "41000000",
    "their_room": "90000000",
    "image_uid": "70",
}
MISSING = "missing"


def cluster(**options: object) -> Cluster:
    given = {"environment": "db", "runtime": "docker", "version": 16, **options}
    return read_cluster({"adopt": True, "adopt_container": "shop-db-1", **given})


def found(**changes: str) -> Found:
    facts = {**FACTS, **changes}
    return read(f"{word}\t{value}" for word, value in facts.items() if value != MISSING)


def test_one_that_is_stopped_is_adopted() -> None:
    """Also one that was made and never started, and where the image is still to be pulled."""
    adoption.check(found().docker, cluster())
    adoption.check(found(their_state="created", their_superuser=MISSING).docker, cluster())
    adoption.check(found(image_uid=MISSING, their_uid="999").docker, cluster())


def test_what_happens_is_said() -> None:
    copies, stays, *_ = adoption.lines(found().docker.theirs, cluster(), "/srv/howdah/db/data")
    assert copies == "copy /srv/shop/data (40 MB) to /srv/howdah/db/data"
    assert stays.startswith("container shop-db-1 (postgres:16-alpine), its data and its project")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (dict.fromkeys(FACTS, MISSING), "there is no such container; docker ps -a lists them"),
        ({"their_state": "running"}, "it is running; stop it first"),
        ({"their_state": "paused"}, "it is paused; stop it first"),
        (
            {"their_restart": "always"},
            "the engine, on the same port: docker update --restart no sh",
        ),
        ({"their_data": MISSING}, "its data are in no mount; go over by dump and restore"),
        ({"their_version": MISSING}, "/srv/shop/data has no PG_VERSION"),
        ({"their_version": "15"}, "is of version 15, and postgres:16-alpine is 16: set the image"),
        ({"their_uid": "999"}, "belongs to uid 999, and postgres of postgres:16-alpine is uid 70"),
        ({"new_uid": "999"}, "belongs to uid 70, and postgres of postgres:16-alpine is uid 999"),
        ({"their_superuser": "shop"}, "its superuser is 'shop'; needs 'postgres'"),
        ({"their_shut_down": MISSING}, "was not shut down in order; start it, and stop it with"),
        ({"their_links": ""}, "it has tablespaces, or its pg_wal elsewhere; go over by dump"),
        ({"their_room": "40000000"}, "the copy needs 39 MB, and 38 MB are free"),
    ],
)
def test_what_is_not_adopted(changes: dict[str, str], says: str) -> None:
    with pytest.raises(ClusterError) as e:
        adoption.check(found(**changes).docker, cluster())
    assert str(e.value).startswith("adopt_container = 'shop-db-1': ")
    assert says in str(e.value)


@pytest.mark.parametrize(
    ("facts", "known"),
    [
        ([], True),
        (["their_state\texited"], False),
        (["data"], False),
        (["data", '["server", "16.14", "r-1", "*", ""]'], True),
    ],
)
def test_whether_the_catalog_is_known(facts: list[str], known: bool) -> None:
    """Before a stopped server's data are a cluster's, nothing is compared with them."""
    assert read(facts).known is known


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"adopt_container": None}, "adopt: runtime = 'docker' needs adopt_container"),
        ({"runtime": "package"}, "adopt_container: needs runtime = 'docker'"),
        ({"adopt_container": "shop db"}, "needs 1 to 63 characters"),
    ],
)
def test_options_that_do_not_go_together(options: dict[str, object], says: str) -> None:
    with pytest.raises(ClusterError, match=says):
        cluster(**options)


def test_container_without_adopt_is_a_note() -> None:
    assert cluster(adopt=False).adopt_container == "shop-db-1"
