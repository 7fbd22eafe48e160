"""The pictures: how a run is shown, what may stand in one, and that the rooms are those of now."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.text import Text

from pictures.rooms import PICTURE, drawn
from pictures.run import TYPED
from pictures.terminal import COLUMNS, shortened, shown
from pictures.terminal import drawn as terminal

ROOT = Path(__file__).parents[2]
PICTURES = [ROOT / "docs" / name for name in ("run.svg", "rooms.svg", "growth.svg")]
# Where a checkout and a server may be; nothing of the machine that made the picture.
PATHS = ("/srv/howdah/", "/var/lib/howdah/local")
SVG = "{http://www.w3.org/2000/svg}"


def words(picture: Path) -> str:
    """What is read in it."""
    lines = ["".join(node.itertext()) for node in ET.parse(picture).iter(f"{SVG}text")]
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def test_a_command_is_shown_as_in_a_terminal(tmp_path: Path) -> None:
    """Its width, its colours, and not what it has written over."""
    code, lines = shown(
        r"test -t 1 && stty size; printf 'wait \r\033[K\033[32mdone\033[0m\n'; exit 3", tmp_path
    )
    assert code == 3
    assert lines[0].plain.endswith(f" {COLUMNS}")
    assert lines[1].plain == "done"
    assert "color(2)" in str(lines[1].spans)


def test_what_is_left_out_is_counted() -> None:
    lines = [Text(word) for word in ("one", "two", "--> Summary:", "so it is", "bye")]
    texts = [line.plain for line in shortened(lines, "--> Summary:", "so it")]
    assert texts == ["… 2 lines", "--> Summary:", "so it is", "… 1 line"]
    whole = shortened(lines, "one", "bye")
    assert whole == lines


def test_a_terminal_needs_nothing_from_elsewhere() -> None:
    picture = terminal("title", [Text("a <b> & c")])
    text = "".join(ET.fromstring(picture).itertext()).replace("\N{NO-BREAK SPACE}", " ")
    assert "a <b> & c" in text
    assert re.findall(r"https?://\S*?(?=[\"'])", picture) == ["http://www.w3.org/2000/svg"]


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.stem)
def test_a_picture_is_of_no_machine(picture: Path) -> None:
    text = words(picture)
    for path in re.findall(r"(?<![\w./])/[a-z]\S+", text):
        assert path.startswith(PATHS), path
    assert not re.search(r"PGPASSWORD|@(?!local)\w", text)


def test_the_run_has_each_command() -> None:
    text = words(ROOT / "docs" / "run.svg")
    for command, *_ in TYPED:
        assert f"$\n{command}" in text.replace("$ \n", "$\n")
    assert "[@local] no changes" in text
    assert "](docs/run.svg)" in (ROOT / "README.md").read_text().partition("\n## ")[0]


def test_the_rooms_are_those_of_now() -> None:
    assert drawn() == PICTURE.read_text(), "type .venv/bin/python -m pictures.rooms"
