"""A terminal of 80 columns: commands that run in it, and an SVG of what it shows."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

COLUMNS = 80
ROWS = 50
ENVIRONMENT = {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
# rich's own takes a font from the network.
SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<style>
.{unique_id}-matrix {{
    font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
    font-size: {char_height}px;
}}
.{unique_id}-title {{ font-family: sans-serif; font-size: 18px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix" xml:space="preserve">
{matrix}
</g>
</g>
</svg>
"""


def shown(command: str, folder: Path) -> tuple[int, list[Text]]:
    """(exit code, lines) of a command that believes to be typed, with its colours."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    env = {**ENVIRONMENT, "PATH": os.environ["PATH"], "HOME": "/root"}
    process = subprocess.Popen(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env=env,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    output = _all_of(ours)
    return process.wait(), list(Text.from_ansi(output).split("\n"))


def _all_of(terminal: int) -> str:
    """Until the last program that writes there has ended. A line that was written over is gone."""
    read = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux: nobody has it open any longer
            break
        read += part
    os.close(terminal)
    return read.decode().replace("\r\n", "\n")


def shortened(lines: Sequence[Text], first: str, last: str) -> list[Text]:
    """From the line that begins with ``first`` to the one that has ``last``; else how many."""
    plain = [line.plain for line in lines]
    start = next(n for n, line in enumerate(plain) if line.startswith(first))
    end = next(n for n, line in enumerate(plain) if n >= start and last in line) + 1
    return [*_left_out(start), *lines[start:end], *_left_out(len(lines) - end)]


def _left_out(number: int) -> list[Text]:
    if not number:
        return []
    words = "1 line" if number == 1 else f"{number} lines"
    return [Text(f"… {words}", style="dim")]


def drawn(title: str, lines: Sequence[Text]) -> str:
    """The lines in a window, as an SVG."""
    console = Console(width=COLUMNS, record=True, file=StringIO(), force_terminal=True)
    for line in lines:
        console.print(line, soft_wrap=True)
    return console.export_svg(
        title=title, theme=SVG_EXPORT_THEME, code_format=SVG, unique_id="howdah"
    )
