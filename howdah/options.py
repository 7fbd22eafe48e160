"""What a single option may be: its types, each with its error."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from typing_extensions import override

from howdah.errors import ClusterError
from howdah.names import is_dns_name
from howdah.settings import Duration, Memory, Value, at_least_64mb, check_memory, in_seconds

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Words that pg_hba.conf or GRANT read as something other than a name.
KEYWORDS = {
    "all",
    "replication",
    "sameuser",
    "samerole",
    "samegroup",
    "public",
    "none",
}
AUDIT_CLASSES = {
    "read",
    "write",
    "function",
    "role",
    "ddl",
    "misc",
    "misc_set",
    "all",
    "none",
}
SUPERUSER = "postgres"
LONGEST_NAME = 63  # bytes
# PostgreSQL's own databases whose PUBLIC is managed; nobody enters template0.
SHARED = ("postgres", "template1")
OTHER_DATABASES = frozenset({*SHARED, "template0"})
# RFC 1918, 3927, 4193 and 4291: narrower than Python's is_private, which has mapped addresses too.
PRIVATE: list[Network] = [
    ipaddress.ip_network("10.0.0.0/8"),
    ipaddress.ip_network("172.16.0.0/12"),
    ipaddress.ip_network("192.168.0.0/16"),
    ipaddress.ip_network("169.254.0.0/16"),
    ipaddress.ip_network("127.0.0.0/8"),
    ipaddress.ip_network("fc00::/7"),
    ipaddress.ip_network("fe80::/10"),
    ipaddress.ip_network("::1/128"),
]


def check_name(value: str) -> str:
    """A role or database name that no file and no statement can read as anything else."""
    if not re.fullmatch(r"[a-z_][a-z0-9_$]{0,62}", value):
        raise ValueError("needs a name of 1 to 63 characters: a-z, 0-9, _ and $, no digit first")
    _check_not_reserved(value)
    return value


def _check_not_reserved(value: str) -> None:
    if value in KEYWORDS or value.startswith("pg_"):
        raise ValueError("is a word with a meaning of its own in PostgreSQL; choose another name")


def check_quoted(value: str) -> str:
    """A name that roles-sql makes: what has to be quoted may be in it, in any script.

    Nothing that a file, a statement or psql would read as more than a name.
    """
    if not re.fullmatch(r"\w[\w$.@ -]*", value) or value.endswith(" "):
        raise ValueError(
            "needs a name of letters, digits, _, $, ., @, - and spaces between, that "
            "begins with a letter, a digit or _"
        )
    if len(value.encode()) > LONGEST_NAME:
        raise ValueError(f"needs a name of at most {LONGEST_NAME} bytes")
    _check_not_reserved(value)
    return value


def _network(value: object) -> Network:
    network = ipaddress.ip_network(_without_zone(value))
    for private in PRIVATE:
        # Of two versions subnet_of raises TypeError.
        if network.version == private.version and network.subnet_of(private):  # type: ignore[arg-type]
            return network
    raise ValueError(f"{network} is not private")


def _address(value: object) -> Address:
    address = _without_zone(value)
    return ipaddress.ip_address(address)


def _host_name(value: str) -> str:
    try:
        address = _address(value)
    except ValueError:
        if not is_dns_name(value):
            raise ValueError("needs DNS names or IP addresses") from None
        return value
    return str(address)


def _library(value: str) -> str:
    """No path: PostgreSQL takes it from its own folder."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,62}", value):
        raise ValueError("needs names of libraries without a path, like auto_explain")
    return value


def _debian_package(value: str) -> str:
    """With {version} for PostgreSQL's."""
    name = value.replace("{version}", "0")
    if not re.fullmatch(r"[a-z0-9][a-z0-9.+-]*[a-z0-9]", name):
        raise ValueError("needs names of packages, like postgresql-17-cron")
    return value


def check_folder(value: str) -> str:
    """One that a unit file and a shell can have, in one spelling."""
    path = PurePosixPath(value)
    is_plain = str(path) == value and ".." not in path.parts
    is_absolute = re.match("/[^/]", value)
    if not is_plain or not is_absolute or not value.isprintable():
        raise ValueError("needs absolute paths of folders, like /srv/tablespaces")
    return value


def _package(value: str) -> str:
    for part in value.split("."):
        if not part.isidentifier():
            raise ValueError("needs a package as an import names it, like app_db.migrations")
    return value


def _without_zone(value: object) -> str:
    """An IPv6 zone may hold any text, and would be pasted into the server's files."""
    if "%" in str(value):
        raise ValueError("needs an address without a zone")
    return str(value)


def several(value: object) -> object:
    """A list, as Cluster keeps it. Raises ValueError."""
    if isinstance(value, list | tuple):
        return tuple(value)
    found = type(value).__name__
    raise ValueError(f"needs a list, found {found}")


def _yes_or_no(value: object) -> object:
    """--data restart=yes is a text."""
    text = str(value)
    if text == "yes":
        return True
    if text == "no":
        return False
    return value


def _label(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,30}", value):
        raise ValueError("needs 1 to 31 characters: a-z, 0-9, - and _, a letter or digit first")
    return value


def _cluster_name(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_]{0,30}", value):
        raise ValueError("needs 1 to 31 characters: a-z, 0-9 and _, a letter or digit first")
    return value


def _login_time(value: str) -> str:
    """Shorter is cut off over a slow network, longer keeps others out for as long."""
    seconds = in_seconds(value)
    if not 5 <= seconds <= 60:  # noqa: PLR2004
        raise ValueError("needs '5s' to '60s'")
    return value


def _limit(value: object) -> str:
    if value == "-1":
        return "-1"
    return check_memory(value)


def _audit(value: str) -> str:
    for word in value.split(","):
        name = word.strip().removeprefix("-")
        if name not in AUDIT_CLASSES:
            known = ", ".join(sorted(AUDIT_CLASSES))
            raise ValueError(f"needs classes of pgaudit with commas between: {known}")
    return value


def _image(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9./:_-]*:[\w.-]+(@sha256:[0-9a-f]{64})?", value):
        raise ValueError("needs an image with its tag, like postgres:16-alpine")
    return value


def _docker_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,62}", value):
        raise ValueError("needs 1 to 63 characters: letters, digits, _, . and -")
    return value


def version_of_image(image: str) -> int:
    """PostgreSQL's, which the tag begins with. Raises ClusterError."""
    name, _, _ = image.partition("@")
    tag = re.search(r":(\d+)[^/]*$", name)
    if not tag:
        raise ClusterError(f"image = {image!r}: its tag names no version; set version, too")
    return int(tag[1])


def _subnet(value: object) -> ipaddress.IPv4Network:
    network = _network(value)
    if not isinstance(network, ipaddress.IPv4Network) or not 16 <= network.prefixlen <= 28:  # noqa: PLR2004
        raise ValueError("needs an IPv4 network from /16 to /28")
    return network


Name = Annotated[str, AfterValidator(check_name)]
RoleNames = Annotated[tuple[Name, ...], BeforeValidator(several)]
ClusterName = Annotated[str, AfterValidator(_cluster_name)]
Image = Annotated[str, AfterValidator(_image)]
DockerName = Annotated[str, AfterValidator(_docker_name)]
Subnet = Annotated[ipaddress.IPv4Network, BeforeValidator(_subnet)]
Uid = Annotated[int, Field(ge=1, le=2_000_000_000)]  # not root
Audit = Annotated[str, AfterValidator(_audit)]
Label = Annotated[str, AfterValidator(_label)]
Private = Annotated[Network, BeforeValidator(_network)]
Networks = Annotated[tuple[Private, ...], BeforeValidator(several)]
ListenAddress = Annotated[Address, BeforeValidator(_address)]
Addresses = Annotated[tuple[ListenAddress, ...], BeforeValidator(several)]
HostName = Annotated[str, AfterValidator(_host_name)]
Names = Annotated[tuple[HostName, ...], BeforeValidator(several)]
DebianPackage = Annotated[str, AfterValidator(_debian_package)]
Packages = Annotated[tuple[DebianPackage, ...], BeforeValidator(several)]
Library = Annotated[str, AfterValidator(_library)]
Libraries = Annotated[tuple[Library, ...], BeforeValidator(several)]
Folder = Annotated[str, AfterValidator(check_folder)]
Folders = Annotated[tuple[Folder, ...], BeforeValidator(several)]
Texts = Annotated[tuple[str, ...], BeforeValidator(several)]
Package = Annotated[str, AfterValidator(_package)]
LoginTime = Annotated[Duration, AfterValidator(_login_time)]
LogSize = Annotated[Memory, AfterValidator(at_least_64mb)]
Limit = Annotated[str, BeforeValidator(_limit)]
Switch = Annotated[bool, BeforeValidator(_yes_or_no)]


class Frozen(Mapping[str, Value]):
    """The map ``settings``, which nobody changes after it was checked.

    Its names are in small letters, as PostgreSQL compares them. ``given``: as they were written.
    """

    def __init__(self, values: Mapping[str, Value] | None = None) -> None:
        self.given = dict(values or {})
        self._values: dict[str, Value] = {}
        for name, value in self.given.items():
            self._values[name.lower()] = value

    @override
    def __getitem__(self, key: str) -> Value:
        return self._values[key]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    @override
    def __len__(self) -> int:
        return len(self._values)

    @override
    def __repr__(self) -> str:
        return repr(self._values)
