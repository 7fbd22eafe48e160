"""What a host has of Docker: the engine, the image, and the container of the cluster."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from howdah.found import theirs
from howdah.found.lines import Lines, Values
from howdah.found.theirs import Theirs


class DockerNetwork(NamedTuple):
    """One of the engine's."""

    name: str
    subnet: str
    containers: tuple[str, ...]


class Owned(NamedTuple):
    """A file that is one container's."""

    uid: str
    mode: str
    sha256: str


@dataclass(frozen=True)
class Docker:
    """Empty where another runtime is asked for."""

    uid: int | None  # who has asked
    has_engine: bool  # that answers
    has_compose: bool
    image: str  # the id of the image that the inventory names; empty: it is not there
    spec: str  # the container's label howdah.spec
    lacking_modules: frozenset[str]  # files of libraries and extensions that the image has not
    data_version: str  # of the data directory
    data_uid: str
    image_uid: str  # of postgres in the image that was installed
    image_gid: str
    new_uid: str  # of postgres in another image that the inventory names
    security: tuple[str, ...]  # the engine's SecurityOptions
    networks: tuple[DockerNetwork, ...]  # the engine's, where the container is not as wanted
    lacks_log_units: bool
    lacks_pgbackrest: bool  # the program, or the folder that the server archives to
    container: str  # its state, as running(healthy)
    secrets: Mapping[str, Owned]  # of applications: FOLDER/FILE
    adopted: str  # the container that the data were taken over from; empty: from none
    theirs: Theirs  # the container that they are to be taken over from

    @property
    def wanted_uid(self) -> str:
        """Of postgres in the image that the inventory names; empty: not known yet."""
        return self.new_uid or self.image_uid

    @property
    def has_other_owner(self) -> bool:
        """Whether the data are not that user's."""
        are_known = self.data_uid and self.wanted_uid
        return bool(are_known) and self.data_uid != self.wanted_uid


def read(lines: Lines) -> Docker:
    """Raises AnswerError."""
    return Docker(
        uid=lines.number("docker_uid"),
        has_engine=lines.is_there("engine"),
        has_compose=lines.is_there("compose"),
        image=lines.text("image"),
        spec=lines.text("spec"),
        lacking_modules=frozenset(lines.texts("lacking_module")),
        data_version=lines.text("data_version"),
        data_uid=lines.text("data_uid"),
        image_uid=lines.text("image_uid"),
        image_gid=lines.text("image_gid"),
        new_uid=lines.text("new_uid"),
        security=tuple(lines.texts("security")),
        networks=tuple(lines.each("network", _network)),
        lacks_log_units=lines.is_there("lacks_log_units"),
        lacks_pgbackrest=lines.is_there("lacks_pgbackrest"),
        container=lines.text("container"),
        secrets=dict(lines.each("shared", _owned)),
        adopted=lines.text("adopted"),
        theirs=theirs.read(lines),
    )


def _owned(values: Values) -> tuple[str, Owned]:
    name, uid, mode, sha256 = values
    return name, Owned(uid, mode, sha256)


def _network(values: Values) -> DockerNetwork:
    name, subnet, containers = values
    return DockerNetwork(name, subnet, tuple(containers.split()))
