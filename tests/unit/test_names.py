"""Names of hosts: what a certificate can hold."""

import pytest

from howdah.errors import HowdahError
from howdah.names import host_names, is_host_name

HELD = ["db1", "DB1.example", "10.0.0.1", "fe80::1", "xn--bcher-kva.example", "a" * 63]
NOT_HELD = ["db_x", "db1.", "-db", "a..b", "bücher", "a" * 64, "fe80::1%eth0", "10.0.0", "a b", "*"]


@pytest.mark.parametrize("name", HELD)
def test_what_a_certificate_can_hold(name: str) -> None:
    assert is_host_name(name)


@pytest.mark.parametrize("name", [*NOT_HELD, ""])
def test_what_no_certificate_can_hold(name: str) -> None:
    assert not is_host_name(name)


@pytest.mark.parametrize(
    ("host", "ssh_hostname", "names"),
    [
        ("db1", None, ["db1"]),
        ("db1", "10.0.0.1", ["db1", "10.0.0.1"]),
        ("db1", "alias_of_ssh", ["db1"]),
        ("db_x", "10.0.0.1", ["10.0.0.1"]),
        ("@ssh/db1", "", ["db1"]),
        ("@local", None, []),
    ],
)
def test_inventorys_name_comes_first(host: str, ssh_hostname: object, names: list[str]) -> None:
    assert host_names(host, ssh_hostname) == names


@pytest.mark.parametrize("host", NOT_HELD)
def test_host_that_no_certificate_can_name(host: str) -> None:
    with pytest.raises(HowdahError, match=r"no certificate can hold .* set ssh_hostname"):
        host_names(host, None)
    with pytest.raises(HowdahError, match="or 'also_not'"):
        host_names(host, "also_not")
