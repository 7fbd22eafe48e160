"""The release in force, with its files, and the ones to go back to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from howdah.found.lines import Lines, Values, joined

ADOPTED = "r-0"  # the release that has the files of a cluster from before Howdah


@dataclass(frozen=True)
class FoundFile:
    """One of its files."""

    mode: str  # 640
    owner: str  # root:howdah
    sha256: str
    text: str = field(repr=False)  # of the .conf files only: nothing secret


@dataclass(frozen=True)
class Releases:
    """By their links; empty: there is no such link."""

    current: str  # in force
    good: str  # the last one that was proven
    last: str  # the good one before it: where undo goes
    files: Mapping[str, FoundFile]  # of the one in force

    def next(self, loaded: str) -> str:
        """The name of a new one: never that of one that the server may have loaded."""
        known = (self.current, self.good, self.last, loaded)
        newest = max(map(_number, known))
        return f"r-{newest + 1}"


def read(lines: Lines) -> Releases:
    """Raises AnswerError."""
    for word in ("current", "good", "last"):
        lines.each(word, _check_plain)
    return Releases(
        current=lines.text("current"),
        good=lines.text("good"),
        last=lines.text("last"),
        files=read_files(lines),
    )


def read_files(lines: Lines) -> dict[str, FoundFile]:
    """By name. Raises AnswerError.

    Of a file with an odd name not all is known: it differs from every wanted one already.
    """
    digests = dict(lines.each("sha256", _digest))
    texts = _texts(lines)
    files = {}
    for path, mode, owner in lines.each("file", _file):
        digest = digests.get(path, "")
        text = texts.get(path, "")
        files[path] = FoundFile(mode, owner, digest, text)
    return files


def _file(values: Values) -> tuple[str, str, str]:
    path, mode, owner, *_ = values
    return path, mode, owner


def _texts(lines: Lines) -> dict[str, str]:
    texts: dict[str, str] = {}
    for path, line in lines.each("text", _text):
        before = texts.get(path, "")
        texts[path] = f"{before}{line}\n"
    return texts


def _digest(values: Values) -> tuple[str, str]:
    digest, path, *_ = values
    return path, digest


def _text(values: Values) -> tuple[str, str]:
    path, *words = values
    name = path.removeprefix("./")
    line = joined(words)
    return name, line


def _check_plain(values: Values) -> None:
    """Root's commands have it as a word, so it is no place for what a shell would read."""
    path = values[0]
    if not re.fullmatch(r"[\w./-]+", path, flags=re.ASCII):
        raise ValueError(path)


def _number(name: str) -> int:
    is_number = re.fullmatch(r"r-([0-9]{1,9})", name)
    if not is_number:
        return 0
    return int(is_number[1])
