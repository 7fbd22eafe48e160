"""`make pictures`: what the README shows is what the commands print."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.server.checkout import ROOT

TITLE = "howdah"
NUMBER = re.compile(r"\d+")


def words(picture: Path) -> str:
    """What is read in an SVG; any number is one."""
    text = re.sub(r"<style>.*?</style>", "", picture.read_text(), flags=re.DOTALL)
    text = re.sub(r"<[^>]*>|\s+", " ", text.replace("&#160;", " "))
    return NUMBER.sub("1", " ".join(text.split()))


@pytest.mark.all
@pytest.mark.skipif(os.geteuid() != 0, reason="mounts folders of its own")
def test_the_picture_is_of_a_real_run(tmp_path: Path) -> None:
    """Made in a clone: three runs, and nothing of them is left."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
    (clone / ".venv").symlink_to(ROOT / ".venv")
    os.utime(clone / "requirements.txt", (0, 0))  # make shall not make it anew
    (clone / "docs" / "run.svg").unlink()
    env = {**os.environ, "MAKEFLAGS": ""}
    made = subprocess.run(
        ["make", "pictures"], cwd=clone, env=env, check=False, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert words(clone / "docs" / "run.svg") == words(ROOT / "docs" / "run.svg")
    assert not list(Path("/srv").glob("howdah"))
    shutil.rmtree(clone)
