"""What `install` and `initialise` make: folders, binaries, the marker, the data directory."""

from dataclasses import dataclass

from howdah.found.lines import Lines


@dataclass(frozen=True)
class Home:
    """The cluster's folders but that of its data, and its binaries."""

    there: bool  # or a part of it
    binaries: bool
    whose: str  # the checkout, or the environment, that has made it
    folders: int  # of those that the runtime needs
    elsewhere: str  # the same environment's home under another runtime; empty: there is none


@dataclass(frozen=True)
class Data:
    """The data directory."""

    there: bool
    fresh: bool  # a new file system is mounted for it
    strangers: bool  # it is none: somebody's files are in its place


def read(lines: Lines) -> Home:
    """Raises AnswerError."""
    return Home(
        there=lines.is_there("home"),
        binaries=lines.is_there("binaries"),
        whose=lines.text("whose"),
        folders=lines.count("folder"),
        elsewhere=lines.text("elsewhere"),
    )


def read_data(lines: Lines) -> Data:
    """Nothing to be wrong in it."""
    return Data(
        there=lines.is_there("data"),
        fresh=lines.is_there("fresh"),
        strangers=lines.is_there("strangers"),
    )
