"""Libraries, extensions and packages: what a host has, and what the dry run rejects."""

from typing import Any

import pytest

from howdah.cluster import Cluster
from howdah.errors import ClusterError
from howdah.host_data import read
from howdah.modules import (
    CONTRIB,
    Debian,
    Module,
    packages_for,
    wanted_modules,
    words_for_shell,
)
from howdah.roles_sql.declared import declared

CRON = Module("extension", "pg_cron", "roles-sql/60-own.sql:2")
AUTO = Module("library", "auto_explain", "libraries")


def cluster(**data: Any) -> Cluster:
    return read({"environment": "test", **data})


def debian(*known: str, installed: tuple[str, ...] = (), lists: bool = True) -> Debian:
    return Debian(17, "Debian 13", lists, frozenset(installed), frozenset(known))


@pytest.mark.parametrize(("name", "package"), [
    ("pg_cron", "postgresql-17-cron"),
    ("pg_partman", "postgresql-17-partman"),
    ("pg_hint_plan", "postgresql-17-pg-hint-plan"),
    ("vector", "postgresql-17-pgvector"),
    ("timescaledb", "postgresql-17-timescaledb"),
    ("set_user", "postgresql-17-set-user"),
    ("postgis_topology", "postgresql-17-postgis-3"),
    ("plpython3u", "postgresql-plpython3-17"),
])  # fmt: skip
def test_package_is_called_after_its_extension(name: str, package: str) -> None:
    assert package in packages_for(name, 17)


def test_missing_extension_is_rejected_with_the_apt_line() -> None:
    assert debian("postgresql-17-cron").fault(CRON, ()) == (
        "roles-sql/60-own.sql:2: CREATE EXTENSION pg_cron: needs packages = "
        "['postgresql-17-cron'] in the inventory (apt-get install postgresql-17-cron)"
    )
    assert debian("postgresql-17-cron").fault(CRON, ["postgresql-17-cron"]) == ""


def test_extension_that_the_distribution_is_not_known_to_have() -> None:
    assert "Debian 13 is not known to have it: apt-cache search" in debian().fault(CRON, ())
    # a package of another name may have it, until it is there and has not
    assert debian("odd").fault(CRON, ["odd"]) == ""
    assert "not known to have it" in debian("odd", installed=("odd",)).fault(CRON, ["odd"])


def test_bare_host_cannot_know() -> None:
    bare = debian(lists=False)
    assert bare.package_fault(["postgresql-17-cron"]) == ""
    assert "for example 'postgresql-17-cron' (apt-get install" in bare.fault(CRON, ())


def test_package_that_the_distribution_does_not_have() -> None:
    said = debian("postgresql-17-cron").package_fault(["postgresql-17-cron", "postgresql-17-citus"])
    assert said.startswith("packages: Debian 13 has no postgresql-17-citus; apt-cache search")
    assert debian(installed=("own",)).package_fault(["own"]) == ""


def test_library_says_that_the_inventory_asks() -> None:
    assert debian().fault(AUTO, ()).startswith("libraries: auto_explain: Debian 13 is not known")


def test_howdahs_own_libraries_are_not_asked_for() -> None:
    own = cluster(libraries=["auth_delay", "auto_explain"])
    modules = wanted_modules(own, declared(own))
    assert [m for m in modules if m.kind == "library"] == [AUTO]
    assert {m.name for m in modules if m.kind == "extension"} <= CONTRIB


def test_words_for_the_hosts_shell() -> None:
    assert words_for_shell([CRON, AUTO], 15) == (
        "extension/pg_cron/postgresql-15-cron/postgresql-15-pg-cron "
        "library/auto_explain/postgresql-15-auto-explain/postgresql-15-pgauto-explain"
    )


@pytest.mark.parametrize("name", ["", "-y", "a b", "a=1", "a/b", "a;b", "A", "a-", "a+", "{a}"])
def test_package_is_a_plain_name(name: str) -> None:
    with pytest.raises(ClusterError, match="needs names of packages, like postgresql-17-cron"):
        cluster(packages=[name])


def test_package_may_follow_the_version() -> None:
    names = ["postgresql-{version}-cron", "postgresql-16-cron", "libfoo+1"]
    found = cluster(version=16, packages=names).package_names
    assert found == ("postgresql-16-cron", "libfoo+1")
