"""docs/run.svg: the first commands of a new checkout, as a terminal shows them."""

import sys
from pathlib import Path

from rich.text import Text

from pictures.terminal import drawn, shortened, shown

PICTURE = Path(__file__).parents[1] / "docs" / "run.svg"
# The command, its exit code, and what is shown of it: from a line that begins so to one that has
# this.
TYPED = [
    ("make deploy", 0, "--> Summary:", "CA:"),
    ("make deploy", 0, "--> Summary:", "CA:"),
    (
        "make dry ARGS='--data max_connections=150'",
        2,
        "--> Detected changes:",
        "log in as",
    ),
]


def main() -> None:
    """In the checkout that is named: its deploys are real."""
    checkout = Path(sys.argv[1])
    lines: list[Text] = []
    for command, expected, first, last in TYPED:
        code, output = shown(command, checkout)
        if code != expected:
            sys.exit("\n".join(line.plain for line in output))
        if lines:
            lines.append(Text())
        lines.append(Text.assemble(("$ ", "green"), (command, "bold")))
        lines += shortened(output, first, last)
    PICTURE.write_text(drawn("howdah", lines))


if __name__ == "__main__":
    main()
