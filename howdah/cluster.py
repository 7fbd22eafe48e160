"""The model: every option of a cluster, typed, with its default, unit and reason.

Each field is a flat host-data key of the same name, so pyinfra's own precedence
(``--data``, host, group, all) applies key by key.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PrivateAttr,
)
from pydantic import model_validator as checks_all

from howdah import development, in_docker, unsafe
from howdah.component import Options
from howdah.options import (
    OTHER_DATABASES,
    SUPERUSER,
    Addresses,
    Audit,
    ClusterName,
    DockerName,
    Folder,
    Folders,
    Frozen,
    Image,
    Label,
    Libraries,
    Limit,
    LoginTime,
    LogSize,
    Name,
    Names,
    Network,
    Networks,
    Package,
    Packages,
    RoleNames,
    Subnet,
    Switch,
    Texts,
    Uid,
)
from howdah.settings import Duration, Memory, Share, Value, setting_faults, spelling_faults

Chosen = TypeVar("Chosen", bound=Options)
ALWAYS_ALLOWED = (
    ipaddress.ip_network("127.0.0.1/32"),
    ipaddress.ip_network("::1/128"),
)
ALTER_SYSTEM_SINCE = 17  # the version whose servers can forbid it
# Options of what came with that version.
SINCE_17 = ("allow_alter_system", "transaction_timeout")


class Cluster(BaseModel):
    """One PostgreSQL cluster on one host. Frozen; a key that is not here is rejected."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)

    # -- What and where -----------------------------------------------------------------
    # Unless said, what the distribution has: deploys.inventory puts it in.
    version: Annotated[int, Field(ge=15, le=18)] = 17
    runtime: Literal["package", "docker", "embedded"] = "package"
    environment: Label  # the inventory file's name, unless said; names secrets/<environment>/
    stage: Literal["production", "staging", "development"] = "production"
    # Debian's: postgresql@VERSION-NAME. Several on one host need a port each, too.
    cluster_name: ClusterName = "main"
    adopt: Switch = False  # take a cluster over that Howdah has not made
    # A first boot and unattended-upgrades take minutes.
    apt_lock_timeout: Duration = "10min"
    # Empty: the runtime's own place. Another one is a file system of its own, or a folder in it.
    data_directory: Folder | None = None
    new_data: Switch = False  # an empty server where data is expected; for one run: --data
    port: Annotated[int, Field(ge=1024, le=65535)] = 5432
    listen_addresses: Annotated[Addresses, Field(min_length=1)] = (
        ipaddress.ip_address("127.0.0.1"),
    )
    # 127.0.0.1/32 and ::1/128 are always allowed beside these.
    allowed_networks: Networks = ()
    # Of runtime = "docker". The network is let in: it has the gateway at .1, the server at .2.
    image: Image = "postgres:16-alpine"
    docker_subnet: Subnet = ipaddress.IPv4Network("10.77.0.0/24")
    docker_network: DockerName = "application_internal"
    docker_volume: DockerName | None = None  # a name of the engine's for the data directory
    adopt_container: DockerName | None = None  # whose data `adopt` takes over: somebody's project
    docker_memory: Memory | None = None  # a bound for all that the container has in memory
    # The OS users, inside, of the containers that mount their password: None has none written.
    app_uid: Uid | None = None
    temporal_uid: Uid | None = None

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

    # -- Development only ---------------------------------------------------------------
    # Of every login role, in place of one that nobody knows.
    password: Annotated[str | None, Field(min_length=1, repr=False)] = None
    tls: Switch = True  # False: in Docker only, where the server is in a network of this machine's

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
    # Logins that are not finished have a slot too, and so has whoever is not planned for.
    spare_connections: Annotated[int, Field(ge=0, le=10000)] = 10
    # How long such a login may keep its slot.
    authentication_timeout: LoginTime = "10s"

    # -- Memory -------------------------------------------------------------------------
    memory: Share = "75%"  # the share of the host that sizing may use; the rest is the system's
    shared_buffers: Memory | None = None  # None: howdah.sizing decides
    effective_cache_size: Memory | None = None
    work_mem: Memory | None = None
    maintenance_work_mem: Memory | None = None

    # -- Behaviour ----------------------------------------------------------------------
    random_page_cost: Annotated[float, Field(ge=0, le=100, strict=False)] = 1.1  # SSD
    effective_io_concurrency: Annotated[int, Field(ge=0, le=1000)] = 200  # SSD
    jit: Switch = False
    statement_timeout: Duration = "30s"
    idle_in_transaction_session_timeout: Duration = "60s"
    lock_timeout: Duration = "10s"
    temp_file_limit: Limit = "1GB"  # of a login role's process; "-1": none
    transaction_timeout: Duration = "5min"  # of the application; from PostgreSQL 17 on
    advisory_locks: RoleNames = ()  # the roles that may take them, beside owner_role
    log_min_duration_statement: Duration = "1000ms"
    audit: Audit = "ddl, role, write"  # pgaudit.log
    # PostgreSQL's, and "journald": the unit's own output.
    log_destination: Literal["stderr", "jsonlog", "syslog", "journald"] = "stderr"
    # Of files, stderr's and jsonlog's: howdah.logs.
    log_retention_days: Annotated[int, Field(ge=1, le=3650)] = 7
    log_retention_size: LogSize = "4GB"
    # Of the distribution, beside PostgreSQL's own.
    packages: Packages = ()
    # Beside Howdah's own in shared_preload_libraries: howdah.libraries.
    libraries: Libraries = ()
    # None: only production waits, for a restart ends every session.
    restart: Switch | None = None
    # None: all but production. What it sets wins over the files, and no inventory shows it.
    allow_alter_system: Switch | None = None
    # What systemd lets the server do: deploys/runtime/sandbox.conf. Packages only.
    sandbox: Switch = True
    # Folders that it may write beside its own: of tablespaces, of an archive_command.
    read_write_paths: Folders = ()
    # Settings without an option above, by their names in pg_settings.
    settings: Annotated[Mapping[str, Value], AfterValidator(Frozen), PlainSerializer(dict)] = Field(
        default_factory=Frozen
    )
    # Of those that howdah.unsafe knows, the ones that production may have all the same.
    unsafe_settings: Texts = ()
    # Reports that `make verify` fails for, each as it is printed, where they are meant to be so.
    allowed: Texts = ()

    # Those of components, by their class: howdah.host_data puts them in.
    _options: dict[type[Options], Options] = PrivateAttr(default_factory=dict)

    def of(self, options: type[Chosen]) -> Chosen:
        """The options of one component."""
        found = self._options.get(options) or options()
        assert isinstance(found, options)  # noqa: S101 keyed by it
        return found

    def names_of(self, ending: str) -> dict[str, str]:
        """The options whose names end so (_role, _database), and the names that they set."""
        names = {}
        for options in (self, *self._options.values()):
            for option in type(options).model_fields:
                if option.endswith(ending):
                    names[option] = str(getattr(options, option))
        return names

    @property
    def networks(self) -> tuple[Network, ...]:
        """The networks that may connect, loopback first, each once."""
        networks = [*ALWAYS_ALLOWED, *self.allowed_networks, *in_docker.networks(self)]
        return tuple(dict.fromkeys(networks))

    @property
    def app_connections(self) -> int:
        """What the application may open: each instance's pool, its overflow, one health check."""
        return self.app_instances * (self.pool_size + self.max_overflow + 1)

    @property
    def may_restart(self) -> bool:
        """Whether a running server is restarted for a change that asks for it."""
        if self.restart is None:
            return self.stage != "production"
        return self.restart

    @property
    def alter_system(self) -> bool | None:
        """Whether ALTER SYSTEM is allowed; None where the server has no such setting."""
        if self.version < ALTER_SYSTEM_SINCE:
            return None
        if self.allow_alter_system is None:
            return self.stage != "production"
        return self.allow_alter_system

    @checks_all(mode="after")
    def _agree(self) -> "Cluster":
        faults = [*self.name_faults(), *self._setting_faults()]
        if self.log_destination == "journald" and self.runtime != "package":
            faults.append("log_destination = 'journald': needs runtime = 'package'")
        faults += in_docker.faults(self)
        faults += development.faults(self)
        if self.version < ALTER_SYSTEM_SINCE:
            faults += self._version_faults()
        if faults:
            raise ValueError("\n".join(faults))
        return self

    def _version_faults(self) -> list[str]:
        """What is asked of a server that is too old for it."""
        faults = []
        for name in SINCE_17:
            if name not in self.model_fields_set or getattr(self, name) is None:
                continue
            faults.append(
                f"{name}: version {self.version} has no such setting; "
                f"needs {ALTER_SYSTEM_SINCE} or newer"
            )
        return faults

    def name_faults(self) -> list[str]:
        """Each role and each database needs a name of its own."""
        faults = []
        kinds = {"role": [SUPERUSER], "database": sorted(OTHER_DATABASES)}
        for kind, taken in kinds.items():
            options = self.names_of(f"_{kind}")
            names = [*taken, *options.values()]
            for name in sorted(set(names)):
                if names.count(name) > 1:
                    faults.append(f"{kind} name {name!r} is taken; each needs its own")
        return faults

    def _setting_faults(self) -> list[str]:
        given = getattr(self.settings, "given", self.settings)
        faults = spelling_faults(given)
        for name, value in given.items():
            faults += setting_faults(name, value, OWN)
        faults += unsafe.name_faults(self.unsafe_settings)
        if self.stage == "production":
            faults += self._unsafe_faults()
        return faults

    def _unsafe_faults(self) -> list[str]:
        faults = []
        for name, entry in unsafe.entries(self.settings).items():
            if not self.may_be_unsafe(name):
                faults.append(f"{entry}, or unsafe_settings = [{name!r}] where that is meant")
        return faults

    @property
    def package_names(self) -> tuple[str, ...]:
        """The packages, each once, for the PostgreSQL that the host has."""
        version = str(self.version)
        names = [name.replace("{version}", version) for name in self.packages]
        return tuple(dict.fromkeys(names))

    def may_be_unsafe(self, name: str) -> bool:
        """Whether ``unsafe_settings`` names it."""
        allowed = {each.lower() for each in self.unsafe_settings}
        return name in allowed


def _own_options() -> Iterator[str]:
    for name, field in Cluster.model_fields.items():
        yield field.alias or name


OWN = frozenset(_own_options())
