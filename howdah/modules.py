"""What a server's binaries must bring along: libraries and extensions, and who has them."""

from collections.abc import Iterable
from dataclasses import dataclass

from howdah.cluster import Cluster
from howdah.libraries import own
from howdah.roles_sql.wanted import Wanted

# Extensions and libraries of postgresql-NN itself, 15 to 18: Debian has contrib in it.
CONTRIB = frozenset(
    """
    amcheck auth_delay auto_explain autoinc basebackup_to_shell basic_archive bloom btree_gin
    btree_gist citext cube dblink dict_int dict_xsyn earthdistance file_fdw fuzzystrmatch hstore
    insert_username intagg intarray isn lo ltree moddatetime pageinspect passwordcheck
    pg_buffercache pg_freespacemap pg_prewarm pg_stat_statements pg_surgery pg_trgm pg_visibility
    pg_walinspect pgcrypto pgrowlocks pgstattuple plpgsql postgres_fdw refint seg sslinfo tablefunc
    tcn tsm_system_rows tsm_system_time unaccent uuid-ossp xml2
    """.split()
)
# Where a Debian package is not called after its extension.
PACKAGES = {
    "address_standardizer": "postgresql-{}-postgis-3",
    "pgq": "postgresql-{}-pgq3",
    "pldbgapi": "postgresql-{}-pldebugger",
    "plperl": "postgresql-plperl-{}",
    "plperlu": "postgresql-plperl-{}",
    "plpython3u": "postgresql-plpython3-{}",
    "pltcl": "postgresql-pltcl-{}",
    "pltclu": "postgresql-pltcl-{}",
    "postgis": "postgresql-{}-postgis-3",
    "postgis_raster": "postgresql-{}-postgis-3",
    "postgis_sfcgal": "postgresql-{}-postgis-3",
    "postgis_tiger_geocoder": "postgresql-{}-postgis-3-scripts",
    "postgis_topology": "postgresql-{}-postgis-3",
}


@dataclass(frozen=True)
class Module:
    """A library or an extension that is wanted, and where that is said."""

    kind: str  # library or extension: its file is NAME.so or NAME.control
    name: str
    source: str

    @property
    def asked(self) -> str:
        """What a message begins with."""
        words = "CREATE EXTENSION " if self.kind == "extension" else ""
        return f"{self.source}: {words}{self.name}"


def wanted_modules(cluster: Cluster, want: Wanted) -> list[Module]:
    """Those that somebody has asked for: Howdah's own are there, or said to be missing."""
    components = own()
    libraries = [name for name in cluster.libraries if name not in components]
    modules = [Module("library", name, "libraries") for name in libraries]
    for key in sorted(want.extensions):
        modules.append(Module("extension", key[1], want.sources[key]))
    return modules


def packages_for(name: str, version: int) -> list[str]:
    """The names that a Debian package with that library or extension has, or would have."""
    if name in PACKAGES:
        return [PACKAGES[name].format(version)]
    stem = name.lower().replace("_", "-")
    stems = [stem, f"pg{stem}"]
    if stem.startswith("pg-"):
        stems = [stem.removeprefix("pg-"), stem]
    return [f"postgresql-{version}-{each}" for each in stems]


@dataclass(frozen=True)
class Debian:
    """What a host's package manager says."""

    version: int  # PostgreSQL's
    system: str  # Debian 13
    lists: bool  # whether apt has any: a bare host does not know what it could install
    installed: frozenset[str]
    known: frozenset[str]  # to apt, of those that were asked for

    def package_fault(self, packages: Iterable[str]) -> str:
        """Why the inventory's packages cannot be installed; empty where they can."""
        for package in packages:
            if self.lists and package not in self.known | self.installed:
                return (
                    f"packages: {self.system} has no {package}; apt-cache search "
                    f"postgresql-{self.version} lists what it has (apt-get update, if that is old)"
                )
        return ""

    def fault(self, module: Module, packages: Iterable[str]) -> str:
        """Why a module that is not there will not be; empty where a package may bring it."""
        candidates = packages_for(module.name, self.version)
        coming = set(packages) - self.installed
        if coming & set(candidates):
            return ""
        for package in candidates:
            if package in self.known:
                return (
                    f"{module.asked}: needs packages = [{package!r}] in the inventory "
                    f"(apt-get install {package})"
                )
        if coming:  # one of another name may: it is looked at again when they are there
            return ""
        if not self.lists:
            return (
                f"{module.asked}: needs the package that has it in packages = […], for example "
                f"{candidates[0]!r} (apt-get install {candidates[0]})"
            )
        return (
            f"{module.asked}: {self.system} is not known to have it: apt-cache search "
            f"postgresql-{self.version}, and packages = ['its name'] (apt-get install its name)"
        )


def words_for_shell(modules: Iterable[Module], version: int) -> str:
    """For package_facts.sh: kind/name/package/package …, a word each."""
    words = []
    for module in modules:
        parts = (module.kind, module.name, *packages_for(module.name, version))
        words.append("/".join(parts))
    return " ".join(words)
