"""Every option's refusal, and what is allowed with a warning."""

import copy
import ipaddress
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from components.audit import redacts_roles
from howdah.cautions import cautions
from howdah.cluster import Cluster
from howdah.errors import ClusterError
from howdah.host_data import OPTIONS, read
from howdah.roles_sql.declared import advisory_lock_roles


def cluster(**data: Any) -> Cluster:
    return read({"environment": "test", **data})


def fault(**data: Any) -> str:
    with pytest.raises(ClusterError, match=r".") as e:
        cluster(**data)
    return str(e.value)


NAME = "needs a name of 1 to 63 characters"
WORD = "a word with a meaning of its own"


@pytest.mark.parametrize(
    ("key", "value", "needed"),
    [
        ("version", "17", "should be a valid integer"),
        ("version", 14, "greater than or equal to 15"),
        ("version", 19, "less than or equal to 18"),
        ("runtime", "podman", "should be 'package', 'docker' or 'embedded'"),
        ("stage", "prod", "should be 'production', 'staging' or 'development'"),
        ("environment", "../other", "needs 1 to 31 characters"),
        ("environment", "a" * 32, "needs 1 to 31 characters"),
        ("environment", "prod\n", "needs 1 to 31 characters"),
        ("port", "5432", "should be a valid integer"),
        ("port", True, "should be a valid integer"),
        ("port", 1023, "greater than or equal to 1024"),
        ("port", 65536, "less than or equal to 65535"),
        ("listen_addresses", [], "at least 1 item"),
        ("app_role", 5, "should be a valid string"),
        ("app_role", "", NAME),
        ("app_role", "a,postgres", NAME),
        ("app_role", "+admins", NAME),
        ("app_role", "@/etc/passwd", NAME),
        ("app_role", "a\n", NAME),
        ("app_role", "a\nhost all all all trust", NAME),
        ("app_role", "a'b", NAME),
        ("app_role", 'a"b', NAME),
        ("app_role", "a b", NAME),
        ("app_role", "Upper", NAME),
        ("app_role", "1st", NAME),
        ("app_role", "é", NAME),
        ("app_role", "a" * 64, NAME),
        ("app_role", "all", WORD),
        ("app_role", "public", WORD),
        ("app_role", "none", WORD),
        ("app_role", "pg_monitor", WORD),
        ("app_database", "replication", WORD),
        ("app_database", "sameuser", WORD),
        ("app_database", "samerole", WORD),
        ("app_database", "all", WORD),
        ("schema", "app db", "needs a package as an import names it"),
        ("schema", "app.db\n", "needs a package as an import names it"),
        ("certificate_names", "db.example", "needs a list, found str"),
        ("certificate_days", 1, "greater than or equal to 2"),
        ("certificate_days", 398, "less than or equal to 397"),
        ("ca_days", 29, "greater than or equal to 30"),
        ("app_instances", 0, "greater than or equal to 1"),
        ("pool_size", 1.5, "should be a valid integer"),
        ("max_overflow", -1, "greater than or equal to 0"),
        ("temporal_connections", 0, "greater than or equal to 1"),
        ("backup_connections", 101, "less than or equal to 100"),
        ("max_connections", 4, "greater than or equal to 5"),
        ("superuser_reserved_connections", 0, "greater than or equal to 1"),
        ("memory", "0GB", "needs a number with its unit in quotes: kB, MB, GB or TB"),
        ("memory", "1 GB", "needs a number with its unit"),
        ("memory", "1gb", "needs a number with its unit"),
        ("memory", "1GB\n", "needs a number with its unit"),
        ("memory", 1024, "needs a number with its unit in quotes"),
        ("memory", "65535kB", "needs 64MB or more"),
        ("memory", "63MB", "needs 64MB or more"),
        ("work_mem", "64", "needs a number with its unit"),
        ("random_page_cost", -1, "greater than or equal to 0"),
        ("random_page_cost", float("nan"), "less than or equal to 100"),
        ("effective_io_concurrency", 1001, "less than or equal to 1000"),
        ("jit", "off", "should be a valid boolean"),
        ("read_write_paths", "/srv", "needs a list, found str"),
        ("statement_timeout", "30", "needs '0' (off) or a number with its unit"),
        ("lock_timeout", 10, "needs '0' (off) or a number with its unit in quotes"),
        ("authentication_timeout", "4s", "needs '5s' to '60s'"),
        ("authentication_timeout", "2min", "needs '5s' to '60s'"),
        ("authentication_timeout", "0", "needs '5s' to '60s'"),
        ("spare_connections", -1, "greater than or equal to 0"),
        ("temp_file_limit", "0", "needs a number with its unit in quotes"),
        ("temp_file_limit", -1, "needs a number with its unit in quotes"),
        ("log_destination", "csvlog", "should be 'stderr', 'jsonlog', 'syslog' or 'journald'"),
        ("log_retention_days", 0, "greater than or equal to 1"),
        ("log_retention_size", "63MB", "needs 64MB or more"),
    ],
)
def test_fault_names_key_value_and_need(key: str, value: Any, needed: str) -> None:
    """F8, F26."""
    message = fault(**{key: value})
    assert message.startswith(f"{key} = {value!r}: ")
    assert needed in message
    assert "\n" not in message


@pytest.mark.parametrize("path", ["/", "srv", "/srv/", "/srv/../etc", "/srv\nUser=root", "//srv"])
def test_folder_of_a_unit_is_absolute_and_plain(path: str) -> None:
    message = fault(read_write_paths=["/srv/a b", path])
    assert message == (f"read_write_paths = {path!r}: needs absolute paths of folders, "
                       "like /srv/tablespaces")  # fmt: skip


@pytest.mark.parametrize(
    ("network", "needed"),
    [
        ("8.8.8.0/24", "is not private"),
        ("0.0.0.0/0", "is not private"),
        ("::/0", "is not private"),
        ("2a00::/16", "is not private"),
        ("0.0.0.0/1", "is not private"),
        ("100.64.0.0/10", "is not private"),
        ("10.0.0.1/8", "has host bits set"),
        ("fd00::1/64", "has host bits set"),
        ("10.0.0.0/33", "does not appear to be"),
        (".example.com", "does not appear to be"),
        ("samenet", "does not appear to be"),
        ("all", "does not appear to be"),
        ("10.0.0.0/8\n", "does not appear to be"),
        (167772160, "does not appear to be"),
    ],
)
def test_networks_are_private_and_exact(network: object, needed: str) -> None:
    """F8."""
    message = fault(allowed_networks=["10.1.0.0/16", network])
    assert message.startswith(f"allowed_networks = {network!r}: ")
    assert needed in message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("allowed_networks", "fe80::%x\nhost all all all trust #/64"),
        ("allowed_networks", "fe80::%eth0/64"),
        ("listen_addresses", "fe80::1%x\nssl = off"),
        ("listen_addresses", "fe80::1%eth0"),
        ("listen_addresses", ipaddress.ip_address("fe80::1%eth0")),
    ],
)
def test_zone_of_an_address_is_refused(key: str, value: object) -> None:
    assert fault(**{key: [value]}) == f"{key} = {value!r}: needs an address without a zone"


@pytest.mark.parametrize(
    "network",
    ["::ffff:8.8.8.8/128", "::ffff:0:0/96", "::ffff:10.0.0.0/104", "240.0.0.0/4", "0.0.0.0/8",
     "192.0.2.0/24", "198.18.0.0/15", "2001:db8::/32", "10.0.0.0/7", "fc00::/6", "::/127"],
)  # fmt: skip
def test_private_means_private_use(network: str) -> None:
    assert fault(allowed_networks=[network]).endswith(
        f": {ipaddress.ip_network(network)} is not private"
    )


@pytest.mark.parametrize(
    "network",
    ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "fc00::/7",
     "fe80::/10", "::1/128", "172.31.255.255/32", "fd12:3456::/48"],
)  # fmt: skip
def test_private_network_passes(network: str) -> None:
    assert cluster(allowed_networks=[network]).allowed_networks == (ipaddress.ip_network(network),)


@pytest.mark.parametrize("key", ["adopt", "jit", "restart"])
def test_switch_from_the_command_line(key: str) -> None:
    """--data KEY=yes is a text."""
    assert [getattr(cluster(**{key: said}), key) for said in ("yes", "no")] == [True, False]
    assert "should be a valid boolean" in fault(**{key: "maybe"})


@pytest.mark.parametrize("value", ["10.0.0.0/8", {"10.0.0.0/8"}, 10, None])
@pytest.mark.parametrize("key", ["allowed_networks", "listen_addresses", "certificate_names"])
def test_list_is_not_guessed_from_something_else(key: str, value: object) -> None:
    assert f"needs a list, found {type(value).__name__}" in fault(**{key: value})


@pytest.mark.parametrize("address", ["*", "localhost", "10.0.0.0/8", "", 1])
def test_listen_addresses_are_addresses(address: object) -> None:
    assert fault(listen_addresses=[address]).startswith(f"listen_addresses = {address!r}: ")


@pytest.mark.parametrize(
    "name", ["", "a b", "a\n", "-a", "a.", "10.0.0.256", "10.0.0.0/8", "fe80::1%eth0", "é", "a_b",
             "a" * 64, ".".join(["a" * 60] * 5)]
)  # fmt: skip
def test_certificate_names_are_names_or_addresses(name: str) -> None:
    message = f"certificate_names = {name!r}: needs DNS names or IP addresses"
    assert fault(certificate_names=["db.example", name]) == message


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("db1", "db1"),
        ("Db.Example", "Db.Example"),
        ("10.0.0.5", "10.0.0.5"),
        ("FD00::0:1", "fd00::1"),
    ],
)
def test_certificate_name_passes(name: str, kept: str) -> None:
    assert cluster(certificate_names=[name]).certificate_names == (kept,)


@pytest.mark.parametrize("count", [1, 63])
def test_name_may_have_as_many_characters_as_postgresql_keeps(count: int) -> None:
    assert cluster(app_role="a" * count).app_role == "a" * count


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"backup_role": "appuser"}, "role name 'appuser' is taken; each needs its own"),
        ({"owner_role": "postgres"}, "role name 'postgres' is taken; each needs its own"),
        ({"app_database": "template1"}, "database name 'template1' is taken; each needs its own"),
        ({"app_database": "postgres"}, "database name 'postgres' is taken; each needs its own"),
        ({"app_database": "temporal"}, "database name 'temporal' is taken; each needs its own"),
    ],
)
def test_each_role_and_database_has_its_own_name(data: dict[str, str], message: str) -> None:
    assert fault(**data) == message


def test_role_and_database_may_share_a_name() -> None:
    assert cluster(app_role="app", app_database="app").app_role == "app"


# -- Keys ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "near"),
    [("prot", "port"), ("allowed_network", "allowed_networks"), ("work_memory", "work_mem")],
)
def test_typo_is_told_the_nearest_option(key: str, near: str) -> None:
    """F26."""
    assert fault(**{key: 1}) == f"{key}: no such option; did you mean {near!r}?"


def test_unknown_key_is_told_how_to_have_its_own() -> None:
    assert fault(zzzz=1) == "zzzz: no such option; keys of your own begin with x_"


def test_field_behind_an_alias_is_no_option() -> None:
    assert "schema" in OPTIONS
    assert fault(bootstrap="app.migrations").startswith("bootstrap: no such option")
    assert cluster(schema="app.migrations").bootstrap == "app.migrations"


def test_own_and_others_keys_pass() -> None:
    data = {"environment": "test", "x_ticket": 1, "ssh_user": "root"}
    assert read(data, others=lambda: {"ssh_user"}) == cluster()


def test_typo_may_be_of_somebody_elses_key() -> None:
    """F26."""
    with pytest.raises(ClusterError, match=r"^ssh_usr: no such option; did you mean 'ssh_user'\?$"):
        read({"environment": "test", "ssh_usr": 1}, others=lambda: {"ssh_user"})


def test_others_are_asked_only_when_needed() -> None:
    def others() -> set[str]:
        raise AssertionError("asked")

    assert read({"environment": "test", "x_own": 1}, others=others) == cluster()


def test_environment_is_needed() -> None:
    with pytest.raises(ClusterError, match=r"^environment: needs a value$"):
        read({})


@pytest.mark.parametrize("key", ["db_pasword", "app_role_password"])
def test_value_of_an_unknown_key_is_never_printed(key: str) -> None:
    assert "hunter2" not in fault(**{key: "hunter2"})


# -- Every fault --------------------------------------------------------------------------


def test_every_unknown_key_is_told_at_once() -> None:
    assert [line.partition(":")[0] for line in fault(prot=1, zzzz=2).split("\n")] == [
        "prot",
        "zzzz",
    ]


def test_every_bad_value_is_told_at_once() -> None:
    lines = fault(port=1, memory="x", app_role="all", allowed_networks=["8.8.8.8", "10.0.0.1/8"])
    keys = [line.partition(" = ")[0] for line in lines.split("\n")]
    assert sorted(keys) == ["allowed_networks", "allowed_networks", "app_role", "memory", "port"]


def test_unknown_keys_and_bad_values_are_told_together() -> None:
    message = fault(prot=1, memory="x")
    assert "prot:" in message
    assert "memory =" in message


def test_every_disagreement_is_told_at_once() -> None:
    message = fault(app_role="postgres", settings={"include": "x", "lc_messages": "a\n"})
    assert all(part in message for part in ("'postgres'", "'include'", "'lc_messages'"))
    assert len(message.split("\n")) == 3


# -- The map of settings -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"work_mem": "1MB"}, "settings['work_mem']: has an option of its own; write work_mem = …"),
        ({"port": 5433}, "settings['port']: has an option of its own; write port = …"),
        *(
            ({name: "x"}, f"settings[{name!r}]: needs a name as pg_settings has it")
            for name in ("include", "include_dir", "include_if_exists", "a b", "a=b", "",
                         "lc_messages\n", "a.b.c", "a.", "1a", "a-b", "é")
        ),
        *(
            ({"jot": value}, f"settings['jot'] = {value!r}: needs a value without line breaks")
            for value in ("on\n", "on\r", "on\nssl = off", "\0", "\x0b", "\x1b", "\x7f", "\x85",
                          "\u2028", "\u2029")
        ),
    ],
)  # fmt: skip
def test_setting_that_cannot_be_is_refused(settings: dict[str, Any], message: str) -> None:
    assert fault(settings=settings) == message


@pytest.mark.parametrize("value", [None, [1], {"a": 1}])
def test_setting_needs_a_plain_value(value: object) -> None:
    message = f"settings['lc_messages'] = {value!r}: needs a text, a number, True or False"
    assert fault(settings={"lc_messages": value}) == message


@pytest.mark.parametrize("value", ["on", "é'\\", "", 1, 1.5, True])
def test_setting_without_an_option_passes(value: object) -> None:
    assert cluster(settings={"auto_explain.log_nested": value}).settings == {
        "auto_explain.log_nested": value
    }


def test_names_of_settings_are_compared_as_postgresql_does() -> None:
    found = cluster(settings={"TimeZone": "UTC", "datestyle": "ISO"})
    assert found.settings == {"timezone": "UTC", "datestyle": "ISO"}
    message = "settings['timezone']: is also there as 'TimeZone'; needs one of them"
    assert fault(settings={"TimeZone": "UTC", "timezone": "UTC"}) == message
    message = "settings['Work_Mem']: has an option of its own; write work_mem = …"
    assert fault(settings={"Work_Mem": "1MB"}) == message


# -- The model ------------------------------------------------------------------------------


def test_cluster_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        cluster().port = 1


def test_settings_are_frozen() -> None:
    with pytest.raises(TypeError, match="does not support item assignment"):
        cluster(settings={"lc_messages": "on"}).settings["ssl"] = "off"  # type: ignore[index]


@pytest.mark.parametrize(
    "again",
    [
        lambda c: read(c.model_dump(by_alias=True)),
        copy.copy,
        lambda c: c.model_copy(),
        copy.deepcopy,
        lambda c: c.model_copy(deep=True),
        lambda c: pickle.loads(pickle.dumps(c)),
    ],
)
def test_cluster_may_be_copied(again: Callable[[Cluster], Cluster]) -> None:
    one = cluster(settings={"lc_messages": "on"})
    assert again(one) == one


def test_settings_do_not_follow_the_inventory() -> None:
    data: dict[str, Any] = {"lc_messages": "on"}
    found = cluster(settings=data)
    data["ssl"] = "off"
    assert found.settings == {"lc_messages": "on"}


def test_model_refuses_extra_keys_by_itself() -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Cluster(environment="test", prot=1)  # type: ignore[call-arg]


def test_loopback_comes_first_and_each_network_once() -> None:
    networks = cluster(allowed_networks=["10.0.0.0/16", "127.0.0.1/32", "10.0.0.0/16"]).networks
    assert [str(n) for n in networks] == ["127.0.0.1/32", "::1/128", "10.0.0.0/16"]


def test_each_instance_has_a_pool_its_overflow_and_a_health_check() -> None:
    assert cluster(app_instances=3, pool_size=5, max_overflow=2).app_connections == 24


@pytest.mark.parametrize(
    ("network", "width"),
    [("10.0.0.0/15", 16), ("10.0.0.0/8", 16), ("fd00::/63", 64), ("fd00::/8", 64)],
)
def test_wide_network_warns(network: str, width: int) -> None:
    warning = f"allowed_networks: {network} is wider than /{width}"
    assert list(cautions(cluster(allowed_networks=[network], backup="off"))) == [warning]


@pytest.mark.parametrize("network", ["10.0.0.0/16", "10.0.0.0/24", "fd00::/64", "fd00::1/128"])
def test_network_of_a_usual_width_does_not_warn(network: str) -> None:
    assert list(cautions(cluster(allowed_networks=[network], backup="off"))) == []


def test_repository_on_the_host_alone_warns() -> None:
    """By default, in production; a bucket beside it is enough."""
    (warning,) = cautions(cluster())
    assert "is on the host only" in warning
    url = "s3://name/in/it?endpoint=s3.example&region=eu-1"
    assert list(cautions(cluster(backup_repository=["/var/lib/pgbackrest", url]))) == []
    for off in ({"backup": "off"}, {"stage": "staging"}, {"runtime": "embedded"}):
        assert list(cautions(cluster(**off))) == []


def test_journald_needs_the_unit() -> None:
    assert cluster(log_destination="journald").log_destination == "journald"
    needed = "log_destination = 'journald': needs runtime = 'package'"
    assert fault(log_destination="journald", runtime="embedded") == needed


@pytest.mark.parametrize(
    ("audit", "redacts"),
    [("ddl, role, write", True), ("all", True), ("role", False), ("all, -role", False),
     ("none", False), ("ddl", False)],
)  # fmt: skip
def test_where_pgaudit_logs_roles(audit: str, redacts: bool) -> None:
    assert redacts_roles(cluster(audit=audit)) is redacts
    assert not redacts_roles(cluster(audit=audit, runtime="embedded"))


@pytest.mark.parametrize(
    "options", [{"transaction_timeout": "1min"}, {"allow_alter_system": True}], ids=str
)
def test_option_of_a_newer_version(options: dict[str, object]) -> None:
    (name,) = options
    with pytest.raises(ClusterError, match=f"{name}: version 16 has no such setting; needs 17 or"):
        read({"environment": "test", "version": 16, **options})
    read({"environment": "test", "version": 16})
    read({"environment": "test", "version": 17, **options})


def test_who_may_take_advisory_locks() -> None:
    """Who migrates, whom the inventory names, and what pg_partman maintains its tables as."""
    settings = {"pg_partman_bgw.role": "partman"}
    given = {"advisory_locks": ["appuser", "appowner"], "settings": settings}
    of_all = read({"environment": "test", **given})
    assert advisory_lock_roles(of_all) == ["appowner", "appuser", "partman"]
    assert advisory_lock_roles(read({"environment": "test"})) == ["appowner"]
    with pytest.raises(ClusterError, match=r"advisory_locks = .*: needs a name of 1 to 63"):
        read({"environment": "test", "advisory_locks": ["a b"]})
