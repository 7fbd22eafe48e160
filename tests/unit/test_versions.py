"""Two distributions: their versions are the newest release's, and what is stable is still there."""

import hashlib
import re
import tomllib
from itertools import pairwise
from pathlib import Path

import app_db
from app_db.settings import DatabaseSettings
from howdah.host_data import OPTIONS

ROOT = Path(__file__).parents[2]
STABLE = tomllib.loads(Path(__file__).with_name("stable.toml").read_text())
RELEASE = re.compile(r"^## howdah ([\d.]+), app_db ([\d.]+) - (\d{4}-\d\d-\d\d)$")
REVISIONS = ROOT / "app_db" / "migrations" / "versions"


def version(project: str) -> str:
    """What its pyproject.toml has."""
    found = tomllib.loads((ROOT / project / "pyproject.toml").read_text())["project"]["version"]
    assert isinstance(found, str)
    return found


def releases() -> list[re.Match[str]]:
    """The headings of CHANGELOG.md, the newest first."""
    found = []
    for line in (ROOT / "CHANGELOG.md").read_text().splitlines():
        if line.startswith("## ") and line != "## Unreleased":
            release = RELEASE.match(line)
            assert release, f"{line!r}: needs '## howdah 1.2.3, app_db 1.2.3 - 2026-11-29'"
            found.append(release)
    return found


def numbers(release: str) -> list[int]:
    return [int(number) for number in release.split(".")]


def test_versions_are_those_of_the_newest_release() -> None:
    newest = releases()[0]
    assert (version("."), version("app_db")) == (newest[1], newest[2])


def test_releases_follow_each_other() -> None:
    """A release has a newer date, and at least one newer version."""
    found = releases()
    for after, before in pairwise(found):
        assert after[3] > before[3]
        for distribution in (1, 2):
            assert numbers(after[distribution]) >= numbers(before[distribution])
        assert after.groups()[:2] != before.groups()[:2]


def test_the_checkout_is_not_installed() -> None:
    """It has no build: pip and an index reject it."""
    checkout = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "build-system" not in checkout
    assert "Private :: Do Not Upload" in checkout["project"]["classifiers"]


def test_examples_take_this_version() -> None:
    major, minor, _ = numbers(version("app_db"))
    asked = f'"howdah-app-db>={major}.{minor},<{major}.{minor + 1}"'
    for path in ("docs/app_db.md", "examples/shop/pyproject.toml"):
        assert asked in (ROOT / path).read_text(), path


def test_no_stable_name_is_gone() -> None:
    assert set(STABLE["app_db"]["names"].split()) <= set(app_db.__all__)
    assert set(STABLE["app_db"]["settings"].split()) <= DatabaseSettings.model_fields.keys()
    assert set(STABLE["howdah"]["options"].split()) <= OPTIONS
    makefiles = (ROOT / "Makefile").read_text() + (ROOT / "howdah.mk").read_text()
    for command in STABLE["howdah"]["commands"].split():
        assert re.search(rf"^(\S+ )*{command}( \S+)*:", makefiles, flags=re.MULTILINE), command


def test_released_revisions_are_as_they_were() -> None:
    for name, known in STABLE["app_db"]["revisions"].items():
        assert hashlib.sha256((REVISIONS / name).read_bytes()).hexdigest() == known, name
