"""requirements.txt is complete, and venv.sh reports what hinders it."""

import hashlib
import re
import shutil
import subprocess
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.needs import all_needs

ROOT = Path(__file__).parents[2]
CHECKOUT = tomllib.loads((ROOT / "pyproject.toml").read_text())
APP_DB = tomllib.loads((ROOT / "app_db" / "pyproject.toml").read_text())
PINNED = re.compile(r"^([a-z0-9-]+)==([^ ]+)", flags=re.MULTILINE)
APT_LINE = "apt-get install make git python3-venv"


def pinned() -> dict[str, str]:
    """Name: version."""
    return dict(PINNED.findall((ROOT / "requirements.txt").read_text()))


def group(name: str) -> Iterator[Requirement]:
    """What a group of pyproject.toml asks for, included groups too."""
    for entry in CHECKOUT["dependency-groups"][name]:
        if isinstance(entry, str):
            yield Requirement(entry)
        else:
            yield from group(entry["include-group"])


def test_every_transitive_need_is_pinned() -> None:
    """An installation asks no resolver, so what the file lacks would be missing later."""
    versions = pinned()
    asked = list(group("test"))
    for part in (CHECKOUT, APP_DB):
        asked += map(Requirement, part["project"]["dependencies"])
    found = all_needs(asked)
    assert len(found) > len(versions)
    for text, need in found.items():
        version = versions.get(canonicalize_name(need.name))
        assert version, f"{text} is not pinned"
        assert need.specifier.contains(version, prereleases=True), f"{text} is not {version}"


def test_what_builds_the_wheel_is_pinned() -> None:
    """`make dist` asks no index: it builds with what .venv has."""
    builds = {Requirement(text).name for text in APP_DB["build-system"]["requires"]}
    assert APP_DB["build-system"]["requires"] == CHECKOUT["dependency-groups"]["dist"]
    assert builds <= pinned().keys()


def test_every_pin_has_hashes() -> None:
    blocks = re.split(r"\n(?=[a-z])", (ROOT / "requirements.txt").read_text())
    pins = [block for block in blocks if PINNED.match(block)]
    assert len(pins) == len(pinned())
    for pin in pins:
        assert "--hash=sha256:" in pin, pin


def venv(folder: Path, python: str = "/usr/bin/python3", **env: str) -> tuple[int, str]:
    """(exit code, output) of venv.sh in a folder of its own."""
    shutil.copy(ROOT / "venv.sh", folder)
    command = ["/bin/sh", "venv.sh", python]
    done = subprocess.run(command, cwd=folder, env=env or None, capture_output=True, text=True,
                          check=False)  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_all_that_is_missing_is_reported_at_once(tmp_path: Path) -> None:
    code, output = venv(tmp_path, "python3", PATH=str(tmp_path))
    assert code == 1
    assert "missing: python3 git python3-venv\n" in output
    assert APT_LINE in output


def test_an_old_python_is_rejected(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text("""#!/bin/sh
case "$2" in
    *version_info\\ *) exit 1 ;;
    *version_info*) echo 3.9.2 ;;
esac
""")
    old.chmod(0o755)
    code, output = venv(tmp_path, str(old))
    assert (code, "is Python 3.9.2; needs 3.11 or newer" in output) == (1, True)


def test_a_link_is_not_emptied(tmp_path: Path) -> None:
    (kept := tmp_path / "other").mkdir()
    (kept / "file").touch()
    (tmp_path / ".venv").symlink_to(kept)
    code, output = venv(tmp_path)
    assert (code, f".venv is a link to {kept}" in output) == (1, True)
    assert (kept / "file").exists()


def wheel(folder: Path, need: str) -> str:
    """A wheel that needs something: its line in a requirements.txt."""
    path = folder / "lonely-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        metadata = f"Metadata-Version: 2.1\nName: lonely\nVersion: 1\nRequires-Dist: {need}\n"
        archive.writestr("lonely-1.dist-info/METADATA", metadata)
        kind = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr("lonely-1.dist-info/WHEEL", kind)
        archive.writestr("lonely-1.dist-info/RECORD", "")
    return f"lonely==1 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


@pytest.mark.parametrize(
    ("need", "hash_end", "cause"),
    [
        ("pip", "", ""),
        ("absent", "", "lonely 1 requires absent, which is not installed"),
        ("pip", "0", "DO NOT MATCH THE HASHES"),
    ],
)
def test_an_installation_that_fails_says_what_to_do(
    tmp_path: Path, need: str, hash_end: str, cause: str
) -> None:
    """A need that the file lacks, and a package that is not the one that was pinned."""
    line = wheel(tmp_path, need)
    if hash_end:
        line = line[:-1] + ("1" if line.endswith(hash_end) else hash_end)
    (tmp_path / "requirements.txt").write_text(f"--no-index\n--find-links {tmp_path}\n{line}\n")
    code, output = venv(tmp_path)
    assert (tmp_path / ".venv" / ".made").exists() == (not cause)
    assert bool(code) == bool(cause)
    assert cause in output
    assert ("type the same again" in output.replace("\n", " ")) == bool(cause)


def test_the_readme_has_the_apt_line() -> None:
    assert APT_LINE in (ROOT / "README.md").read_text()
