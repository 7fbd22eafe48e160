"""What one part of a cluster (a room of the house) adds to it, as data.

`components.COMPONENTS` lists them. What they add is merged once: howdah.configuration.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from howdah.hardware import Hardware
from howdah.layout import Layout
from howdah.pg_hba.hba import Record

if TYPE_CHECKING:
    from howdah.cluster import Cluster


class Options(BaseModel):
    """Options of one component: flat keys of host data, like those of Cluster."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


@dataclass(frozen=True)
class Context:
    """What a component decides its part from."""

    cluster: "Cluster"
    layout: Layout
    hardware: Hardware


@dataclass(frozen=True)
class Setting:
    """A line of postgresql.conf. ``value``: as the file has it, in quotes where it needs them."""

    section: str  # of the file: one of configuration.SECTIONS, or a title of the component's own
    name: str
    value: str
    reason: str = ""  # the comment above it


def in_section(
    section: str,
    values: Mapping[str, str],
    reasons: Mapping[str, str],
) -> Iterator[Setting]:
    """The settings of one section. Both maps are by a setting's name; not each has a reason."""
    for name, value in values.items():
        yield Setting(section, name, value, reasons.get(name, ""))


@dataclass(frozen=True)
class Login:
    """A role that logs in with a password of the store.

    ``name`` begins everything that belongs to it: the option NAME_role, and the variables
    NAME_verifier and NAME_connections of roles-sql.
    """

    name: str
    file: str  # in secrets/<environment>/
    connections: Callable[["Cluster"], int]  # its CONNECTION LIMIT, and its part of the budget
    share: Callable[["Cluster"], str]  # that part in words, for the sum

    @property
    def verifier(self) -> str:
        """The variable of its password's verifier."""
        return f"{self.name}_verifier"

    @property
    def role_option(self) -> str:
        """The option that names the role."""
        return f"{self.name}_role"

    def role(self, cluster: "Cluster") -> str:
        """The role's name."""
        return cluster.names_of("_role")[self.role_option]


def no_settings(_: Context) -> Iterable[Setting]:
    """For who adds none."""
    return ()


def always(_: "Cluster", _layout: Layout) -> bool:
    """For what every cluster has."""
    return True


def no_records(_: "Cluster") -> Iterable[Record]:
    """For whose roles enter by what roles-sql grants alone."""
    return ()


T = TypeVar("T")
Row = Mapping[str, Any]  # a column's name: its value, as JSON has it


@dataclass(frozen=True)
class Probe(Generic[T]):
    """What a component asks each host, in the one command that all of them ask by.

    ``name`` is its own: letters, digits and _; ``sql``: one SELECT, sent to database postgres of a
    running server; ``shell``: the text of a script for sh, whose output is the answer's; ``read``
    makes of both what the component needs. It is given no rows and no lines where there is no
    server, or no host to ask yet.
    """

    name: str
    read: Callable[[Sequence[Row], Sequence[str]], T]
    sql: str = ""
    shell: str = ""


@dataclass(frozen=True)
class Component:
    """One part of a cluster. What it leaves out, it does not add."""

    name: str
    options: type[Options] = Options
    # Whether it adds settings, libraries, records and probes. Options, logins and roles are
    # what an inventory and the store may name: they are there in any case.
    is_there: Callable[["Cluster", Layout], bool] = always
    settings: Callable[[Context], Iterable[Setting]] = no_settings
    libraries: tuple[str, ...] = ()  # of shared_preload_libraries
    # Beside those of roles-sql's logins. The canary still rejects one that lets in over the
    # network whom roles-sql does not: howdah.pg_hba.matrix knows logins and networks only.
    records: Callable[["Cluster"], Iterable[Record]] = no_records
    logins: tuple[Login, ...] = ()
    roles_sql: tuple[Path, ...] = ()  # files that are read after those of roles-sql/
    probes: tuple[Probe[Any], ...] = ()
