"""Settings that production has only where the inventory names them."""

from typing import Any

import pytest

from howdah.cautions import cautions
from howdah.cluster import Cluster
from howdah.errors import ClusterError
from howdah.host_data import read
from howdah.roles_sql.declared import declared
from howdah.roles_sql.sqlfiles import RolesSqlError
from howdah.unsafe import RULES, unsafe

SAFE = {
    "fsync": ["on", True, "true", "TRU", "yes", "1", 1],
    "synchronous_commit": ["on", "local", "remote_apply", True],
    "scram_iterations": [4096, "4096", "10000"],
    "dynamic_library_path": ["$libdir"],
    "local_preload_libraries": [""],
    "session_replication_role": ["origin"],
    "debug_pretty_print": [True, False],
    "debug_of_a_later_version": [False, "off", 0],
    "work_mem": ["1MB"],
}
UNSAFE = {
    "fsync": ["off", False, "OFF", "of", "n", "0", 0, "maybe"],
    "full_page_writes": ["no"],
    "synchronous_commit": ["off", False, "No"],
    "data_sync_retry": ["on"],
    "zero_damaged_pages": ["yes"],
    "ignore_checksum_failure": [True],
    "ignore_invalid_pages": [True],
    "ignore_system_indexes": [True],
    "allow_system_table_mods": ["t"],
    "scram_iterations": [4095, "1", "010000.5", "0x1", "-4096", "٤٠٩٦", ""],
    "dynamic_library_path": ["/tmp:$libdir", ""],
    "extension_control_path": ["/tmp"],
    "local_preload_libraries": ["own"],
    "session_replication_role": ["replica"],
    "lo_compat_privileges": [True],
    "standard_conforming_strings": ["off"],
    "backslash_quote": ["on"],
    "debug_print_plan": [True],
    "debug_of_a_later_version": ["on"],
}


def production(**data: Any) -> Cluster:
    return read({"environment": "test", "backup": "off", **data})


@pytest.mark.parametrize(("name", "values"), SAFE.items())
def test_safe_value_passes(name: str, values: list[Any]) -> None:
    assert [unsafe(name, value) for value in values] == [""] * len(values)
    for value in values:
        if name != "work_mem":
            assert list(cautions(production(settings={name: value}))) == []


@pytest.mark.parametrize(("name", "values"), UNSAFE.items())
def test_unsafe_value_is_rejected_in_production_only(name: str, values: list[Any]) -> None:
    for value in values:
        with pytest.raises(ClusterError) as e:
            production(settings={name: value})
        (line,) = str(e.value).splitlines()
        assert line.startswith(f"settings['{name}'] = {value!r}: ")
        assert line.endswith(f"or unsafe_settings = ['{name}'] where that is meant")
        named = production(settings={name: value}, unsafe_settings=[name])
        assert list(cautions(named)) == [line.rpartition(", or")[0]]
        staging = production(settings={name: value}, stage="staging")
        assert list(cautions(staging)) == list(cautions(named))
        development = production(settings={name: value}, stage="development")
        assert list(cautions(development)) == []


def test_case_does_not_hide_an_unsafe_setting() -> None:
    with pytest.raises(ClusterError, match=r"settings\['fsync'\] = 'off': may lose data; needs on"):
        production(settings={"FSync": "off"})
    allowed = production(settings={"FSync": "off"}, unsafe_settings=["fSYNC"])
    assert list(cautions(allowed))


def test_name_that_is_no_unsafe_setting_is_rejected() -> None:
    with pytest.raises(ClusterError) as e:
        production(unsafe_settings=["fsnyc", "work_mem"])
    assert str(e.value).splitlines() == [
        "unsafe_settings: 'fsnyc' is not one of them; take it out",
        "unsafe_settings: 'work_mem' is not one of them; take it out",
    ]


@pytest.mark.parametrize("statement", [
    "ALTER ROLE a SET fsync = off",
    "ALTER ROLE a IN DATABASE d SET FSync = 'off'",
    "ALTER DATABASE d SET fsync = off",
])  # fmt: skip
def test_unsafe_setting_of_a_role_or_database_is_rejected(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    monkeypatch.setattr("howdah.roles_sql.declared.COMPONENTS", ())  # these files alone
    (tmp_path / "1.sql").write_text(
        "CREATE ROLE a; CREATE DATABASE d OWNER a TEMPLATE template0 ENCODING 'UTF8';\n"
        f"{statement};\n"
    )
    with pytest.raises(
        RolesSqlError, match=r"/1\.sql:2: fsync = 'off': may lose data; needs on, or uns"
    ):
        declared(production(), tmp_path)
    for cluster in (production(unsafe_settings=["fsync"]), production(stage="staging")):
        assert declared(cluster, tmp_path).settings


def test_rules_are_written_as_settings_are_compared() -> None:
    assert [name for name in RULES if name != name.lower()] == []
