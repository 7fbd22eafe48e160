"""The documents use one word for each concept; a table has the old words, with better ones.

Code blocks, inline code and quoted output stay as they are.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "app_db" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "examples").glob("*/README.md")),
]

# An old word in each of its forms, and what to write in its place.
BETTER = {
    "say|says|said|saying": "set, show, describe or require",
    "tell|tells|told|telling": "report",
    "refuse|refuses|refused|refusing|refusal|refusals": "reject",
    "mend|mends|mended|mending": "fix",
    "knob|knobs": "option",
    "get in|gets in|got in|getting in": "connect",
    "let in|lets in|letting in|let it in|let them in": "allow",
    "at hand": "current",
    "held against": "checked against",
    "nobody": "no other role, or no and the noun",
    "base|bases": "database",
    "put right|puts right": "fix",
    "shall": "must or can",
    "whoever|whom": "the role, user or operator that",
    "what is none|that is none|which is none": "unknown",
}

# Where an old word has another meaning: document, words around it, why they stay.
ALLOWED = {
    ("docs/migrations.md", "of a declarative base"): "SQLAlchemy's name of a class",
    ("docs/security.md", "base backups"): "PostgreSQL's name of a copy of the data directory",
}

FENCED = re.compile(r"^```.*?^```$", flags=re.MULTILINE | re.DOTALL)
SET_IN = re.compile(r"^    .*$", flags=re.MULTILINE)
INLINE = re.compile(r"`[^`]+`")


class Found(NamedTuple):
    """An old word in a document."""

    line: int
    word: str
    better: str


def blanked(match: re.Match[str]) -> str:
    """As many line ends, and nothing else: lines keep their numbers."""
    return "\n" * match[0].count("\n")


def prose(text: str) -> str:
    """The text without its code."""
    for code in (FENCED, SET_IN, INLINE):
        text = code.sub(blanked, text)
    return text


def pattern_of(words: str) -> re.Pattern[str]:
    """Whole words, in capitals or not; a line may end between two of them."""
    spaced = words.replace(" ", r"\s+")
    return re.compile(rf"\b(?:{spaced})\b", flags=re.IGNORECASE)


def without_allowed(document: str, text: str) -> str:
    for allowed_in, words in ALLOWED:
        if allowed_in == document:
            text = pattern_of(re.escape(words).replace(r"\ ", " ")).sub(blanked, text)
    return text


def old_words(document: str, text: str) -> Iterator[Found]:
    """Each old word of a document, in the order of the table."""
    text = without_allowed(document, prose(text))
    for old, better in BETTER.items():
        for match in pattern_of(old).finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield Found(line, match[0], better)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_a_document_has_no_old_word(path: Path) -> None:
    document = name_of(path)
    faults = [
        f"{document}:{line}: {word!r}: write {better}"
        for line, word, better in old_words(document, path.read_text())
    ]
    assert faults == [], "\n".join(faults)


@pytest.mark.parametrize(("document", "words"), ALLOWED, ids=str)
def test_an_exception_is_still_needed(document: str, words: str) -> None:
    text = prose((ROOT / document).read_text())
    assert " ".join(words.split()) in " ".join(text.split())


def test_an_old_word_is_found_with_its_line() -> None:
    text = "A key is\nRefused.\n\nA role may get\nin.\n"
    assert list(old_words("any.md", text)) == [
        Found(2, "Refused", "reject"),
        Found(4, "get\nin", "connect"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "`refused in code`",
        "```text\nrefused\n```",
        "    refused: a line of output",
        "a mendicant, a database and a budget in figures",
    ],
)
def test_code_and_longer_words_pass(text: str) -> None:
    assert list(old_words("any.md", text)) == []
