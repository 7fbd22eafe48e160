"""What package_facts.sh answers: the distribution, its packages, and Debian's cluster."""

from dataclasses import dataclass

from howdah.found.lines import Lines, Values, fraction, joined

Words = frozenset[str]


@dataclass(frozen=True)
class Packages:
    """What apt and the packages have. Names of modules: library NAME, extension NAME."""

    lists: bool  # whether apt knows packages at all
    unpacked: bool  # what a run has left that was killed while it installed
    pgaudit: bool
    modules: Words  # of those that are asked for, the ones whose files are there
    installed: Words  # likewise of packages
    candidates: Words  # packages that apt could install, of those that are missing


@dataclass(frozen=True)
class Foreign:
    """A cluster in this one's place that Howdah has not made."""

    there: bool
    data_only: bool  # the volume of a host that was reinstalled
    data_of_another: bool  # its configuration names another cluster's data
    unfit: Words  # what keeps it from being taken over


@dataclass(frozen=True)
class Registered:
    """The cluster as postgresql-common and systemd know it."""

    lacks: Words
    links: Words  # files in force that are linked to where Debian looks for them
    linked: float  # since when the server reads the release through them; inf: it does not
    drop_in: str  # of its unit
    places: Words  # folders that the data directory has links to


@dataclass(frozen=True)
class Beside:
    """Another cluster on the host: Howdah's, or a data directory that Howdah has not made."""

    label: str  # 15-main
    whose: str  # its environment; empty: not Howdah's
    data: bool  # whether its data directory is there
    release: bool  # whether it has a configuration in force: there was a server

    @property
    def name(self) -> str:
        """Its cluster_name."""
        return self.label.partition("-")[2]

    @property
    def served(self) -> bool:
        """Whether it has data, or had."""
        return self.data or self.release


@dataclass(frozen=True)
class Debian:
    """Empty where the runtime is another."""

    os: str  # debian 12
    uid: int | None  # as whom the host is asked
    packages: Packages
    foreign: Foreign
    registered: Registered
    beside: tuple[Beside, ...]


def read(lines: Lines) -> Debian:
    """Raises AnswerError."""
    beside = lines.each("beside", _beside)
    return Debian(
        os=lines.text("os"),
        uid=lines.number("uid"),
        packages=_packages(lines),
        foreign=_foreign(lines),
        registered=_registered(lines),
        beside=tuple(beside),
    )


def _packages(lines: Lines) -> Packages:
    return Packages(
        lists=lines.is_there("lists"),
        unpacked=lines.is_there("unpacked"),
        pgaudit=lines.is_there("pgaudit"),
        modules=_words(lines, "module"),
        installed=_words(lines, "installed"),
        candidates=_words(lines, "candidate"),
    )


def _foreign(lines: Lines) -> Foreign:
    return Foreign(
        there=lines.is_there("foreign"),
        data_only=lines.is_there("data_only"),
        data_of_another=lines.is_there("data_of_another"),
        unfit=_words(lines, "unfit"),
    )


def _registered(lines: Lines) -> Registered:
    linked = lines.each("linked", fraction)
    drop_in = ""
    for line in lines.each("drop_in", joined):
        drop_in += f"{line}\n"
    return Registered(
        lacks=_words(lines, "lacks"),
        links=_words(lines, "links"),
        linked=max(linked, default=0),
        drop_in=drop_in,
        places=_words(lines, "places"),
    )


def _words(lines: Lines, word: str) -> Words:
    texts = lines.texts(word)
    return frozenset(texts)


def _beside(values: Values) -> Beside:
    label, whose, data, release = values
    return Beside(label, whose, bool(data), bool(release))
