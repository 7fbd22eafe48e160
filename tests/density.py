"""How densely Python is written: what a reader has to take in with each line.

Counted are the lines that hold a token. Comments, docstrings and layout hold none: a reader may
skip them. Tests and migrations are not counted: they are data more than code.
"""

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LEFT_OUT = {"tests", "test", "migrations", "versions"}
SKIP = "# fmt: skip"
NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}
# Python 3.12 and newer take an f-string to pieces: here it is one token, as in 3.11.
F_STRING_BEGINS = getattr(tokenize, "FSTRING_START", None)
F_STRING_ENDS = getattr(tokenize, "FSTRING_END", None)
COMPREHENSIONS = (
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)


@dataclass
class Density:
    """Of one text, or of several together."""

    lines: int = 0
    all_tokens: int = 0
    all_comprehensions: int = 0
    all_conditionals: int = 0
    skips: int = 0  # lines that ruff may not format

    @property
    def tokens(self) -> float:
        """For each line."""
        return self.all_tokens / self.lines

    @property
    def comprehensions(self) -> float:
        """For 1,000 lines; generator expressions are of them."""
        return self.all_comprehensions * 1000 / self.lines

    @property
    def conditionals(self) -> float:
        """``a if b else c``, for 1,000 lines."""
        return self.all_conditionals * 1000 / self.lines

    def add(self, text: str) -> None:
        """Count one more text."""
        tree = ast.parse(text)
        tokens = list(_tokens(text, _docstrings(tree)))
        lines = set[int]()
        for token in tokens:
            lines.update(_rows(token.start[0], token.end[0]))
        self.lines += len(lines)
        self.all_tokens += len(tokens)
        for node in ast.walk(tree):
            if isinstance(node, COMPREHENSIONS):
                self.all_comprehensions += 1
            if isinstance(node, ast.IfExp):
                self.all_conditionals += 1
        self.skips += text.count(SKIP)


def of_folder(folder: Path) -> Density:
    """All of its modules together."""
    density = Density()
    for file in folder.rglob("*.py"):
        places = file.relative_to(folder.parent).parts
        if LEFT_OUT.isdisjoint(places) and not file.name.startswith("test_"):
            density.add(file.read_text())
    return density


def _tokens(text: str, docstrings: set[int]) -> Iterator[tokenize.TokenInfo]:
    lines = io.StringIO(text)
    depth = 0  # of f-strings within f-strings
    for token in tokenize.generate_tokens(lines.readline):
        if token.type == F_STRING_ENDS:
            depth -= 1
        row, _ = token.start
        is_code = token.type not in NO_CODE and row not in docstrings
        if is_code and depth == 0 and token.type != F_STRING_ENDS:
            yield token
        if token.type == F_STRING_BEGINS:
            depth += 1


def _docstrings(tree: ast.Module) -> set[int]:
    """The lines of texts that a module, a class or a function begins with."""
    rows = set[int]()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list) or not body:
            continue
        match body[0]:
            case ast.Expr(value=ast.Constant(value=str())) as first:
                rows.update(_rows(first.lineno, first.end_lineno))
    return rows


def _rows(first: int, last: int | None) -> range:
    return range(first, (last or first) + 1)
