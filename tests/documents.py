"""The examples of a document, as a reader would try them: its fenced blocks, one after the other.

A block with a file's name beside its language is written there. `python` and `sh` are run;
a block of `text` after one is what it printed, and `…` in it is anything.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", flags=re.MULTILINE)
INIT_DB = f"""#!{sys.executable}
import sys
from app_db.manage import init_db
sys.exit(init_db())
"""


class Block(NamedTuple):
    """What stands between two fences."""

    language: str
    file: str
    text: str
    line: int
    heading: str


def blocks(document: str, until: str = "") -> list[Block]:
    """As far as the heading ``until``."""
    whole = (ROOT / "docs" / document).read_text()
    if until:
        whole, found, _ = whole.partition(f"\n## {until}\n")
        assert found, f"no heading {until!r} in {document}"
    return [
        Block(fence[1], fence[2] or "", fence[3], whole.count("\n", 0, fence.start()) + 1,
              _heading(whole, fence.start()))
        for fence in FENCE.finditer(whole)
    ]  # fmt: skip


def _heading(whole: str, place: int) -> str:
    before = FENCE.sub(lambda fence: " " * len(fence[0]), whole)[:place]
    headings: list[str] = HEADING.findall(before)
    return headings[-1]


def shown(document: str, heading: str) -> list[str]:
    """The messages below a heading."""
    found = [one.text for one in blocks(document) if (one.language, one.heading) == (
        "text", heading)]  # fmt: skip
    assert found, f"no messages below {heading!r} in {document}"
    return found


def pattern(message: str) -> str:
    parts = re.split("(…)", message.strip())
    return "".join(".*" if part == "…" else re.escape(part) for part in parts)


def is_shown(message: str, text: str) -> bool:
    """Whether ``text`` has what is shown, `…` being anything."""
    return re.search(pattern(message), text, flags=re.DOTALL) is not None


def tried(document: str, folder: Path, env: Mapping[str, str], until: str = "") -> None:
    """Try the examples in an interpreter of their own, as far as the heading ``until``."""
    (commands := folder / "commands").mkdir()
    (init_db := commands / "init-db").write_text(INIT_DB)  # as pip would install it
    init_db.chmod(0o755)
    path = f"{Path(sys.executable).parent}:{commands}:{os.environ['PATH']}"
    given = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **env}
    command = [sys.executable, "-m", "tests.documents", document, until]
    done = subprocess.run(command, cwd=folder, env=given, stdout=subprocess.PIPE, check=False,
                          stderr=subprocess.STDOUT, text=True, timeout=300)  # fmt: skip
    assert done.returncode == 0, done.stdout


@dataclass
class Reader:
    """Tries a document's examples in the working folder."""

    document: str
    printed: str = ""
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "example"})

    def try_all(self, until: str = "") -> None:
        """From the first block to the heading ``until``."""
        for block in blocks(self.document, until):
            sys.stderr.write(f"docs/{self.document}:{block.line}\n")
            self._try(block)

    def _try(self, block: Block) -> None:
        if block.file:
            Path(block.file).write_text(block.text)
        elif block.language == "python":
            self._python(block)
        elif block.language == "sh":
            self._sh(block)
        else:
            assert block.language == "text", f"{block.language} is not run"
            same = re.fullmatch(pattern(block.text), self.printed.strip(), flags=re.DOTALL)
            assert same, f"shown is\n{block.text}and printed\n{self.printed}"

    def _python(self, block: Block) -> None:
        place = "\n" * block.line + block.text  # a traceback names the document's line
        with redirect_stdout(out := StringIO()):
            exec(compile(place, f"docs/{self.document}", "exec"), self.names)
        self.printed = out.getvalue()

    def _sh(self, block: Block) -> None:
        done = subprocess.run(["sh", "-eu"], input=block.text, stdout=subprocess.PIPE, check=False,
                              stderr=subprocess.STDOUT, text=True)  # fmt: skip
        assert done.returncode == 0, f"{block.text}{done.stdout}"
        self.printed = done.stdout


if __name__ == "__main__":
    Reader(sys.argv[1]).try_all(sys.argv[2])
