"""The model: every knob of a cluster, typed, with its default, unit and reason.

Each field is a flat host-data key of the same name, so pyinfra's own precedence
(``--data``, host, group, all) applies key by key.
"""

import difflib
import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
)
from pydantic import model_validator as checks_all
from typing_extensions import override

from howdah.names import is_dns_name
from howdah.refusal import Refusal
from howdah.settings import Duration, Memory, Share, Value, setting_faults

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Words that pg_hba.conf or GRANT read as something other than a name.
KEYWORDS = frozenset({"all", "replication", "sameuser", "samerole", "samegroup", "public", "none"})
SUPERUSER = "postgres"
# PostgreSQL's own databases whose PUBLIC is managed; nobody enters template0.
SHARED = ("postgres", "template1")
OTHER_DATABASES = frozenset({*SHARED, "template0"})
ALWAYS_ALLOWED = (ipaddress.ip_network("127.0.0.1/32"), ipaddress.ip_network("::1/128"))
WIDEST = {4: 16, 6: 64}
# RFC 1918, 3927, 4193 and 4291: narrower than Python's is_private, which has mapped addresses too.
PRIVATE = tuple(map(ipaddress.ip_network, (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8",
    "fc00::/7", "fe80::/10", "::1/128",
)))  # fmt: skip


class BadCluster(Refusal):
    """A knob that cannot be: the message names key, value found and what is needed."""


def check_name(value: str) -> str:
    """A role or database name that no file and no statement can read as anything else."""
    if not re.fullmatch(r"[a-z_][a-z0-9_$]{0,62}", value):
        raise ValueError("needs a name of 1 to 63 characters: a-z, 0-9, _ and $, no digit first")
    if value in KEYWORDS or value.startswith("pg_"):
        raise ValueError("is a word with a meaning of its own in PostgreSQL; choose another name")
    return value


def _network(value: object) -> Network:
    network = ipaddress.ip_network(_without_zone(value))
    if not any(network.version == p.version and network.subnet_of(p) for p in PRIVATE):  # type: ignore[arg-type]
        raise ValueError(f"{network} is not private")
    return network


def _address(value: object) -> Address:
    return ipaddress.ip_address(_without_zone(value))


def _host_name(value: str) -> str:
    try:
        return str(_address(value))
    except ValueError:
        if not is_dns_name(value):
            raise ValueError("needs DNS names or IP addresses") from None
    return value


def _package(value: str) -> str:
    if not all(part.isidentifier() for part in value.split(".")):
        raise ValueError("needs a package as an import names it, like app_db.migrations")
    return value


def _without_zone(value: object) -> str:
    """An IPv6 zone may hold any text, and would be pasted into the server's files."""
    if "%" in str(value):
        raise ValueError("needs an address without a zone")
    return str(value)


def _several(value: object) -> object:
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"needs a list, found {type(value).__name__}")  # noqa: TRY004 pydantic's
    return tuple(value)


def _yes_or_no(value: object) -> object:
    """--data restart=yes is a text."""
    return {"yes": True, "no": False}.get(str(value), value)


def _label(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,30}", value):
        raise ValueError("needs 1 to 31 characters: a-z, 0-9, - and _, a letter or digit first")
    return value


Name = Annotated[str, AfterValidator(check_name)]
Label = Annotated[str, AfterValidator(_label)]
Networks = Annotated[tuple[Annotated[Network, BeforeValidator(_network)], ...],
                     BeforeValidator(_several)]  # fmt: skip
Addresses = Annotated[
    tuple[Annotated[Address, BeforeValidator(_address)], ...],
    BeforeValidator(_several),
]
Names = Annotated[tuple[Annotated[str, AfterValidator(_host_name)], ...], BeforeValidator(_several)]
Package = Annotated[str, AfterValidator(_package)]


class Frozen(Mapping[str, Value]):
    """The map ``settings``, which nobody changes after it was checked."""

    def __init__(self, values: Mapping[str, Value] | None = None) -> None:
        self._values = dict(values or {})

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


class Cluster(BaseModel):
    """One PostgreSQL cluster on one host. Frozen; a key that is not here is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)

    # -- What and where -----------------------------------------------------------------
    version: Annotated[int, Field(ge=15, le=18)] = 17
    runtime: Literal["package", "docker", "embedded"] = "package"
    environment: Label  # the inventory file's name, unless said; names secrets/<environment>/
    stage: Literal["production", "staging", "development"] = "production"
    port: Annotated[int, Field(ge=1024, le=65535)] = 5432
    listen_addresses: Annotated[Addresses, Field(min_length=1)] = (
        ipaddress.ip_address("127.0.0.1"),
    )
    # 127.0.0.1/32 and ::1/128 are always allowed beside these.
    allowed_networks: Networks = ()

    # -- Names --------------------------------------------------------------------------
    owner_role: Name = "appowner"
    app_role: Name = "appuser"
    backup_role: Name = "backupuser"
    temporal_owner_role: Name = "temporalowner"
    temporal_role: Name = "temporaluser"
    app_database: Name = "appdb"
    temporal_database: Name = "temporal"
    temporal_visibility_database: Name = "temporal_visibility"
    # The Alembic environment that the bootstrap brings to head: an importable package.
    bootstrap: Package = Field(default="app_db.migrations", alias="schema")

    # -- Certificates -------------------------------------------------------------------
    certificate_names: Names = ()  # beside the host's own name, its listen addresses, localhost
    # Lifetimes in days: what browsers and auditors have come to expect of a leaf and of a root.
    certificate_days: Annotated[int, Field(ge=2, le=397)] = 90
    ca_days: Annotated[int, Field(ge=30, le=7300)] = 3650

    # -- Connections --------------------------------------------------------------------
    app_instances: Annotated[int, Field(ge=1, le=1000)] = 1
    pool_size: Annotated[int, Field(ge=1, le=1000)] = 20
    max_overflow: Annotated[int, Field(ge=0, le=1000)] = 10
    temporal_connections: Annotated[int, Field(ge=1, le=10000)] = 40
    backup_connections: Annotated[int, Field(ge=1, le=100)] = 5
    max_connections: Annotated[int, Field(ge=5, le=10000)] = 100
    # An operator still gets in when the application has taken every other slot.
    superuser_reserved_connections: Annotated[int, Field(ge=1, le=100)] = 3

    # -- Memory -------------------------------------------------------------------------
    memory: Share = "75%"  # the share of the host that sizing may use; the rest is the system's
    shared_buffers: Memory | None = None  # None: howdah.sizing decides
    effective_cache_size: Memory | None = None
    work_mem: Memory | None = None
    maintenance_work_mem: Memory | None = None

    # -- Behaviour ----------------------------------------------------------------------
    random_page_cost: Annotated[float, Field(ge=0, le=100, strict=False)] = 1.1  # SSD
    effective_io_concurrency: Annotated[int, Field(ge=0, le=1000)] = 200  # SSD
    jit: bool = False
    statement_timeout: Duration = "30s"
    idle_in_transaction_session_timeout: Duration = "60s"
    lock_timeout: Duration = "10s"
    log_min_duration_statement: Duration = "1000ms"
    # None: only production waits, for a restart ends every session.
    restart: Annotated[bool | None, BeforeValidator(_yes_or_no)] = None
    # Settings without a knob above, by their names in pg_settings.
    settings: Annotated[Mapping[str, Value], AfterValidator(Frozen), PlainSerializer(dict)] = Field(
        default_factory=Frozen
    )

    @property
    def networks(self) -> tuple[Network, ...]:
        """The networks that may connect, loopback first, each once."""
        return tuple(dict.fromkeys((*ALWAYS_ALLOWED, *self.allowed_networks)))

    @property
    def app_connections(self) -> int:
        """What the application may open: each instance's pool, its overflow, one health check."""
        return self.app_instances * (self.pool_size + self.max_overflow + 1)

    @property
    def may_restart(self) -> bool:
        """Whether a running server is restarted for a change that asks for it."""
        return self.stage != "production" if self.restart is None else self.restart

    @checks_all(mode="after")
    def _agree(self) -> "Cluster":
        roles = [getattr(self, key) for key in type(self).model_fields if key.endswith("_role")]
        bases = [getattr(self, key) for key in type(self).model_fields if key.endswith("_database")]
        faults = []
        for kind, names, others in (("role", roles, {SUPERUSER}), ("database", bases,
                                                                   OTHER_DATABASES)):  # fmt: skip
            twice = sorted({n for n in names if names.count(n) > 1} | (others & set(names)))
            faults += [f"{kind} name {name!r} is taken; each needs its own" for name in twice]
        faults += [
            fault for item in self.settings.items() for fault in setting_faults(*item, KNOBS)
        ]
        if faults:
            raise ValueError("\n".join(faults))
        return self

    def warnings(self) -> list[str]:
        """What is allowed and still worth a second look."""
        return [
            f"allowed_networks: {network} is wider than /{WIDEST[network.version]}"
            for network in self.allowed_networks
            if network.prefixlen < WIDEST[network.version]
        ]


KNOBS = frozenset(field.alias or name for name, field in Cluster.model_fields.items())


def read(data: Mapping[str, Any], others: Callable[[], Set[str]] = frozenset) -> Cluster:
    """Host data -> Cluster.

    ``others`` names the keys that are somebody else's; it is asked only when there are keys
    that are no knobs and do not begin with ``x_``. Raises BadCluster, with a line for each fault.
    """
    strange = sorted(key for key in data if key not in KNOBS and not key.startswith("x_"))
    known = others() if strange else set()
    faults = [_unknown(key, KNOBS | known) for key in strange if key not in known]
    try:
        cluster = Cluster(**{key: value for key, value in data.items() if key in KNOBS})
    except ValidationError as e:
        faults += dict.fromkeys(_fault(error) for error in e.errors())
    if faults:
        raise BadCluster("\n".join(faults))
    return cluster


def _unknown(key: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(key, sorted(known), n=1)
    hint = f"did you mean {near[0]!r}?" if near else "keys of your own begin with x_"
    return f"{key}: no such knob; {hint}"


def _fault(error: Mapping[str, Any]) -> str:
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    if not error["loc"]:
        return message
    if error["type"] == "missing":
        return f"{error['loc'][0]}: needs a value"
    if error["loc"][0] == "settings" and error["loc"][-1] == "[key]":
        return f"settings[{error['input']!r}]: needs a name as pg_settings spells it"
    if error["loc"][0] == "settings" and len(error["loc"]) > 1:
        found, needed = _shown(error["input"]), "needs a text, a number, True or False"
        return f"settings[{error['loc'][1]!r}] = {found}: {needed}"
    return f"{error['loc'][0]} = {_shown(error['input'])}: {message}"


def _shown(value: object) -> str:
    try:
        return repr(value)
    except ValueError:  # Python shows no number of more than 4300 digits
        return "a number of thousands of digits"
