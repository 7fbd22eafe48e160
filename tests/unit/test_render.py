"""The files of a release: what pg_hba.conf lets in, and what postgresql.conf says."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError

from components.server import CIPHERS
from howdah import render, settings
from howdah.cluster import Cluster
from howdah.component import Setting
from howdah.configuration import SECTIONS, ConflictError, merged
from howdah.errors import ClusterError
from howdah.hardware import UNKNOWN
from howdah.host_data import read
from howdah.layout import Layout
from howdah.libraries import SETTING, keeping
from howdah.render import File, files
from howdah.roles_sql.declared import declared
from howdah.secrets.pem import Pair
from howdah.sizing import sized

ROOT = Path(__file__).parents[2]
LAYOUT = Layout(
    home="/var/lib/how'dah",
    marker="/var/lib/how'dah/checkout",
    binaries="/usr/lib/postgresql/17/bin",
    data="/var/lib/how'dah/data",
    releases="/var/lib/how'dah/etc",
    log="/var/lib/how'dah/log",
    canary="/var/lib/how'dah/canary",
    socket="/run/howdah",
    owner="postgres",
    file_owner="root:postgres",
    file_mode="640",
)
PAIR = Pair(b"certificate of hunter2", b"key of hunter2")
CLUSTERS: dict[str, dict[str, Any]] = {
    "bare": {},
    "networks": {"allowed_networks": ["10.1.0.0/16", "fd00:1::/64", "127.0.0.1/32"]},
    "names": {
        "app_role": "rw$1",
        "backup_role": "user",
        "app_database": "select",
        "owner_role": "app",
        "allowed_networks": ["192.168.7.0/24"],
    },
}


def cluster(**data: Any) -> Cluster:
    return read({"environment": "test", **data})


def rendered(cluster: Cluster, pair: Pair | None = PAIR) -> Mapping[str, File]:
    return files(cluster, LAYOUT, UNKNOWN, declared(cluster).logins(), pair)


def text(cluster: Cluster, name: str) -> str:
    content = rendered(cluster)[name].content
    assert content is not None
    return content.decode()


def conf(cluster: Cluster) -> dict[str, str]:
    return settings.parse(text(cluster, "postgresql.conf"))


def hba(cluster: Cluster) -> list[list[str]]:
    lines = text(cluster, "pg_hba.conf").splitlines()
    return [line.split() for line in lines if line and not line.startswith("#")]


@pytest.fixture(params=CLUSTERS)
def data(request: pytest.FixtureRequest) -> dict[str, Any]:
    return CLUSTERS[request.param]


@pytest.fixture
def any_cluster(data: dict[str, Any]) -> Cluster:
    return cluster(**data)


# -- pg_hba.conf ------------------------------------------------------------------------------


def test_no_record_lets_clear_text_in(any_cluster: Cluster) -> None:
    assert {record[0] for record in hba(any_cluster)} == {"local", "hostssl"}


def test_no_record_of_the_network_is_for_all_or_for_the_superuser(any_cluster: Cluster) -> None:
    for kind, *words, method in hba(any_cluster):
        if kind == "hostssl":
            assert len(words) == 3
            assert not {"all", "postgres", "replication", "sameuser", "samerole"} & set(words)
            assert method == "scram-sha-256"


def test_superuser_comes_first_and_over_the_socket_only(any_cluster: Cluster) -> None:
    first, *others = hba(any_cluster)
    assert first == ["local", "all", "postgres", "peer", "map=howdah"]
    assert {record[0] for record in others} == {"hostssl"}


def test_each_login_meets_each_network_exactly_once(any_cluster: Cluster) -> None:
    logins = declared(any_cluster).logins()
    wanted = [(*login, str(n)) for login in logins for n in any_cluster.networks]
    found = [tuple(record[1:4]) for record in hba(any_cluster) if record[0] == "hostssl"]
    assert sorted(found) == sorted(wanted)
    assert len(found) == len(set(found))


def test_application_and_temporal_are_kept_apart(any_cluster: Cluster) -> None:
    c = any_cluster
    theirs = (c.app_role, c.backup_role, c.temporal_role)
    assert {login for login in declared(c).logins() if login[1] in theirs} == {
        (c.app_database, c.app_role),
        (c.app_database, c.backup_role),
        (c.temporal_database, c.temporal_role),
        (c.temporal_database, c.backup_role),
        (c.temporal_visibility_database, c.temporal_role),
        (c.temporal_visibility_database, c.backup_role),
    }


def test_operating_system_user_is_the_superuser_and_nobody_else() -> None:
    lines = text(cluster(), "pg_ident.conf").splitlines()
    assert [line for line in lines if not line.startswith("#")] == ['howdah "postgres" postgres']


# -- postgresql.conf -----------------------------------------------------------------------


def test_settings_of_the_map_appear_quoted() -> None:
    own = {
        "lc_messages": "it's",
        "fsync": True,
        "auto_explain.log_nested": "a\\b",
        "wal_buffers": 3,
    }
    values = conf(cluster(settings=own))
    assert values["lc_messages"] == "'it''s'"
    assert values["fsync"] == "on"
    assert values["auto_explain.log_nested"] == r"'a\\b'"
    assert values["wal_buffers"] == "'3'"


@pytest.mark.parametrize(
    "name",
    ["ssl", "password_encryption", "hba_file", "log_directory", "log_statement",
     "pg_stat_statements.track_utility", "auth_delay.milliseconds", "ssl_ciphers",
     "unix_socket_permissions"],
)  # fmt: skip
def test_setting_that_howdah_decides_is_refused(name: str) -> None:
    message = rf"settings\['{re.escape(name)}'\]: Howdah decides it; take it out"
    with pytest.raises(ClusterError, match=message):
        rendered(cluster(settings={name: "x"}))


def test_case_does_not_hide_a_setting_that_howdah_decides() -> None:
    with pytest.raises(ClusterError, match=r"settings\['ssl'\]: Howdah decides it"):
        rendered(cluster(settings={"SSL": "off"}))


def test_case_of_a_setting_does_not_matter() -> None:
    one, other = cluster(settings={"TimeZone": "UTC"}), cluster(settings={"timezone": "UTC"})
    assert rendered(one) == rendered(other)
    assert conf(one)["timezone"] == "'UTC'"


def test_port_has_an_option() -> None:
    with pytest.raises(ClusterError, match=r"settings\['port'\]: has an option of its own"):
        cluster(settings={"port": 1234})


def test_each_setting_that_is_rendered_is_refused_in_the_map() -> None:
    """Only what sizing computes may be said otherwise."""
    computed = sized(cluster(), UNKNOWN).keys() - Cluster.model_fields.keys()
    for name in conf(cluster()).keys() - computed:
        with pytest.raises(ClusterError, match=r"Howdah decides it|has an option of its own"):
            rendered(cluster(settings={name: "x"}))


def test_what_sizing_computes_may_be_said_otherwise() -> None:
    values = conf(cluster(settings={"max_wal_size": "3GB"}))
    assert values["max_wal_size"] == "'3GB'"
    assert values["min_wal_size"] == conf(cluster())["min_wal_size"]


def test_each_setting_is_said_once(any_cluster: Cluster) -> None:
    names = re.findall(r"^([a-z_.]+) = ", text(any_cluster, "postgresql.conf"), re.MULTILINE)
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ssl", "on"),
        ("password_encryption", "'scram-sha-256'"),
        ("ssl_min_protocol_version", "'TLSv1.2'"),
        ("ssl_ciphers", f"'{':'.join(CIPHERS)}'"),
        ("unix_socket_permissions", "0700"),
        ("log_parameter_max_length", "0"),
        ("data_directory", "'/var/lib/how''dah/data'"),
        ("ssl_key_file", "'/var/lib/how''dah/etc/current/server.key'"),
    ],
)
def test_what_security_rests_on_is_stated(name: str, value: str) -> None:
    assert conf(cluster())[name] == value


def test_options_reach_the_file() -> None:
    data = {
        "port": 6000, "listen_addresses": ["10.0.0.5", "::1"], "max_connections": 321,
        "superuser_reserved_connections": 7, "random_page_cost": 2.5, "jit": True,
        "effective_io_concurrency": 9, "statement_timeout": "11s", "lock_timeout": "12s",
        "idle_in_transaction_session_timeout": "13s", "log_min_duration_statement": "14ms",
        "shared_buffers": "33MB", "effective_cache_size": "34MB", "work_mem": "35MB",
        "maintenance_work_mem": "36MB",
    }  # fmt: skip
    values = conf(cluster(**data))
    assert {name: values[name].strip("'") for name in data} == {
        **{name: str(value) for name, value in data.items()},
        "listen_addresses": "10.0.0.5, ::1",
        "jit": "on",
    }


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ({}, "off"),
        ({"stage": "development"}, "on"),
        ({"stage": "staging"}, "on"),
        ({"allow_alter_system": True}, "on"),
        ({"stage": "development", "allow_alter_system": False}, "off"),
        ({"version": 16}, None),
    ],
)
def test_alter_system_is_off_in_production(data: dict[str, Any], value: str | None) -> None:
    assert conf(cluster(**data)).get("allow_alter_system") == value


def test_alter_system_cannot_be_forbidden_before_17() -> None:
    with pytest.raises(ClusterError, match="allow_alter_system: version 16 has no such setting"):
        cluster(version=16, allow_alter_system=False)


def test_last_line_includes_the_release() -> None:
    assert text(cluster(), "postgresql.conf").endswith("\ninclude_if_exists 'release.conf'\n")


def test_template_fails_on_a_name_that_it_does_not_know() -> None:
    with pytest.raises(UndefinedError, match="local"):
        render.rendered("pg_hba.conf.j2")


# -- Libraries -------------------------------------------------------------------------------


def loads(audit: bool = True, **data: Any) -> str:
    content = files(cluster(**data), replace(LAYOUT, audit=audit), UNKNOWN, (), PAIR)
    return settings.parse((content["postgresql.conf"].content or b"").decode())[SETTING]


def test_libraries_join_howdahs_own() -> None:
    own = "auth_delay,pgaudit,pg_stat_statements"
    assert loads() == f"'{own}'"
    assert loads(audit=False) == "'auth_delay,pg_stat_statements'"
    assert loads(libraries=["timescaledb", "auto_explain"]) == f"'{own},timescaledb,auto_explain'"
    assert loads(libraries=["auto_explain", "auto_explain"]) == f"'{own},auto_explain'"


def test_library_of_howdahs_own_stands_where_the_inventory_has_it() -> None:
    named = ["citus", "auth_delay", "pg_stat_kcache"]
    assert loads(libraries=named) == "'pgaudit,pg_stat_statements,citus,auth_delay,pg_stat_kcache'"


def test_shared_preload_libraries_is_said_by_libraries() -> None:
    message = r"settings\['shared_preload_libraries'\]: Howdah decides it; write libraries = …"
    with pytest.raises(ClusterError, match=message):
        rendered(cluster(settings={"Shared_Preload_Libraries": "x"}))


@pytest.mark.parametrize("name", ["", "/tmp/own", "$libdir/own", "own.so", "a,b", "a b", "-a", "é"])
def test_library_is_a_plain_name(name: str) -> None:
    with pytest.raises(ClusterError, match="needs names of libraries without a path"):
        cluster(libraries=[name])


def test_adopted_cluster_keeps_its_libraries_until_the_inventory_has_a_list() -> None:
    loaded = ["timescaledb", "pgaudit"]
    assert keeping(cluster(adopt=True), loaded).libraries == ("timescaledb",)
    assert keeping(cluster(adopt=True, libraries=[]), loaded).libraries == ()
    assert keeping(cluster(adopt=True, libraries=["pg_cron"]), loaded).libraries == ("pg_cron",)
    assert keeping(cluster(), loaded).libraries == ()


def test_statements_with_passwords_are_not_kept() -> None:
    assert conf(cluster())["pg_stat_statements.track_utility"] == "off"


@pytest.mark.parametrize(("version", "said"), [(15, None), (16, "0"), (18, "0")])
def test_auto_explain_shows_no_bound_value(version: int, said: str | None) -> None:
    values = conf(cluster(version=version, libraries=["auto_explain"]))
    assert values.get("auto_explain.log_parameter_max_length") == said


# -- The set ---------------------------------------------------------------------------------


def test_same_inventory_renders_the_same_bytes(data: dict[str, Any], any_cluster: Cluster) -> None:
    again = cluster(**dict(reversed(data.items())))
    assert rendered(any_cluster) == rendered(again)


def test_order_of_the_settings_map_does_not_matter() -> None:
    one, other = {"lc_messages": "on", "wal_buffers": 1}, {"wal_buffers": 1, "lc_messages": "on"}
    assert rendered(cluster(settings=one)) == rendered(cluster(settings=other))


def test_certificate_and_key_are_the_secret_files() -> None:
    found = rendered(cluster())
    assert {name for name, file in found.items() if file.secret} == {"server.crt", "server.key"}
    assert (found["server.crt"].content, found["server.key"].content) == (
        PAIR.certificate,
        PAIR.key,
    )


def test_content_is_never_in_the_repr() -> None:
    assert "hunter2" not in repr(rendered(cluster()))
    assert repr(File(b"hunter2", secret=True)) == "File(secret=True)"


def test_hash_is_of_the_content() -> None:
    assert File(b"x").sha256 == hashlib.sha256(b"x").hexdigest()
    assert File(b"").sha256 == hashlib.sha256(b"").hexdigest()
    assert File(None).sha256 == ""


def test_pair_that_is_not_made_yet_has_no_content() -> None:
    found = rendered(cluster(), None)
    assert found["server.key"] == File(None, secret=True)
    assert found["server.crt"] == File(None, secret=True)


# -- What components ask for -----------------------------------------------------------------


def test_what_two_ask_for_alike_stands_once() -> None:
    one, other = Setting("a", "Jit", "off", "why"), Setting("b", "jit", "off")
    assert merged([("x", one), ("y", other)]) == [one]


def test_two_values_of_one_setting_are_rejected_with_both_names() -> None:
    asked = [("x", Setting("a", "jit", "off")), ("y", Setting("a", "JIT", "on"))]
    with pytest.raises(ConflictError, match="JIT: x wants off, and y wants on; needs one of them"):
        merged(asked)


def test_template_has_a_place_for_each_section() -> None:
    source = (ROOT / "templates" / "postgresql.conf.j2").read_text()
    assert set(re.findall(r'settings\("(\w+)"\)', source)) == set(SECTIONS)
