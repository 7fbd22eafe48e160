"""Which revision is the head, and what is said when there is none."""

import itertools
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from howdah.revisions import SchemaError, contains, folder, head, reached, steps

ROOT = Path(__file__).parents[2]
NUMBERS = itertools.count()
FIRST = "revision = 'one'\ndown_revision = None\n"

Package = Callable[..., str]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """Make an application that fails if it is imported; the name is new, as finders cache."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def package(*revisions: str) -> str:
        name = f"application{next(NUMBERS)}"
        versions = tmp_path / name / "migrations" / "versions"
        versions.mkdir(parents=True)
        for parent in (versions.parents[1], versions.parents[0]):
            (parent / "__init__.py").write_text("raise RuntimeError('imported')\n")
        for number, revision in enumerate(revisions, start=1):
            (versions / f"{number:04}.py").write_text(revision)
        return f"{name}.migrations"

    return package


def follows(revision: str, down: str) -> str:
    return f"revision: str = {revision!r}\ndown_revision: str | None = {down}\n"


def test_head_is_the_revision_that_none_follows(package: Package) -> None:
    assert head(package(FIRST)) == "one"
    assert head(package(FIRST, follows("two", "'one'"), follows("three", "'two'"))) == "three"


def test_order_of_files_does_not_matter(package: Package) -> None:
    assert head(package(follows("three", "'two'"), follows("two", "'one'"), FIRST)) == "three"


def test_branches_may_be_merged(package: Package) -> None:
    left, right = follows("left", "'one'"), follows("right", "'one'")
    assert head(package(FIRST, left, right, follows("both", "('left', 'right')"))) == "both"


def test_nothing_is_imported(package: Package) -> None:
    name = package(FIRST + "raise RuntimeError('imported')\n")
    assert head(name) == "one"
    assert not {name, name.partition(".")[0]} & sys.modules.keys()


def test_namespace_packages_are_found(package: Package) -> None:
    name = package(FIRST)
    for file in (folder(name), folder(name).parent):
        (file / "__init__.py").unlink()
    assert head(name) == "one"
    assert not {name, name.partition(".")[0]} & sys.modules.keys()


def test_editable_installs_are_found(
    package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = package(FIRST)

    class Editable:
        """The way of setuptools' editable installs: a finder, and no entry on the path."""

        @staticmethod
        def find_spec(fullname: str, path: object = None, _target: object = None) -> object:
            if path is None and fullname == name.partition(".")[0]:
                return found
            return None

    found = next(
        spec
        for finder in sys.meta_path
        if (spec := finder.find_spec(name.partition(".")[0], [str(tmp_path)]))
    )
    sys.path.remove(str(tmp_path))
    with pytest.raises(SchemaError, match="is importable"):
        head(name)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Editable])
    assert head(name) == "one"


def test_init_is_no_revision(package: Package) -> None:
    name = package(FIRST)
    (folder(name) / "versions" / "__init__.py").touch()
    assert head(name) == "one"


def test_contains_tells_which_revisions_are_known(package: Package) -> None:
    name = package(FIRST, follows("two", "'one'"))
    assert contains(name, "one")
    assert contains(name, "two")
    assert not contains(name, "three")
    assert not contains(name, "tw")  # Alembic would take the beginning of a name


@pytest.mark.parametrize("name", ["", ".", ".migrations", "app db", "app/migrations", "app."])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(SchemaError, match="names no package; write it as in an import"):
        head(name)


def test_absent_package_is_refused(package: Package) -> None:
    with pytest.raises(SchemaError, match=r"no package 'nowhere' is importable by .*; install"):
        head("nowhere.migrations")
    top = package(FIRST).partition(".")[0]
    with pytest.raises(SchemaError, match=rf"no package '{top}\.history' is importable"):
        head(f"{top}.history")
    assert top not in sys.modules


def test_module_is_refused(package: Package) -> None:
    name = package(FIRST)
    (folder(name) / "env.py").touch()
    with pytest.raises(SchemaError, match=r"env' is a module, not a package"):
        head(f"{name}.env")


def test_package_without_versions_is_refused(package: Package) -> None:
    top = package(FIRST).partition(".")[0]
    with pytest.raises(SchemaError, match=rf"no folder versions/ in '{top}'; .*; not in /.*{top}"):
        head(top)


def test_package_without_revisions_is_refused(package: Package) -> None:
    with pytest.raises(SchemaError, match=r"no revisions in 'application\d+\.migrations'"):
        head(package())


def test_several_heads_are_named(package: Package) -> None:
    name = package(FIRST, follows("right", "'one'"), follows("left", "'one'"))
    with pytest.raises(SchemaError, match=r"heads left, right in '.*'; one head is needed"):
        head(name)


def test_circle_is_refused(package: Package) -> None:
    name = package(follows("one", "'two'"), follows("two", "'one'"))
    with pytest.raises(SchemaError, match="a circle of revisions in"):
        head(name)


def test_unknown_down_revision_is_named(package: Package) -> None:
    name = package(FIRST, follows("three", "'two'"))
    with pytest.raises(SchemaError, match=r"/0002\.py: down_revision 'two' is in no file beside"):
        head(name)
    with pytest.raises(SchemaError, match=r"/0002\.py: down_revision 'two' is in no file beside"):
        contains(name, "one")


def test_twice_the_same_revision_is_refused(package: Package) -> None:
    with pytest.raises(SchemaError, match=r"/0002\.py: revision 'one' is also 0001\.py's"):
        head(package(FIRST, FIRST))


@pytest.mark.parametrize("broken", ["x = 1\ndef (\n", "x = 1\nx = '\n"])
def test_unreadable_file_is_named_with_its_line(package: Package, broken: str) -> None:
    with pytest.raises(SchemaError, match=r"/0002\.py:2: "):
        head(package(FIRST, broken))


def test_file_that_is_no_text_is_refused(package: Package) -> None:
    name = package(FIRST)
    (folder(name) / "versions" / "0002.py").write_bytes(b"revision = '\xff\x00'")
    with pytest.raises(SchemaError, match=r"/0002\.py"):
        head(name)


def test_folder_in_place_of_a_file_is_refused(package: Package) -> None:
    name = package(FIRST)
    (folder(name) / "versions" / "0002.py").mkdir()
    with pytest.raises(SchemaError, match=r"/0002\.py cannot be read: .*[Dd]irectory"):
        head(name)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("revision = name()\ndown_revision = None\n", r":1: revision is computed by 'name\(\)'"),
        ("revision = 'one'\ndown_revision = f'{x}'\n", r":2: down_revision is computed by"),
        ("revision = {[]: 1}\ndown_revision = None\n", r":1: revision is computed by"),
    ],
)
def test_computed_revision_is_refused(package: Package, source: str, found: str) -> None:
    with pytest.raises(SchemaError, match=rf"/0001\.py{found}.*a literal is needed"):
        head(package(source))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("", "neither"),
        ("revision: str\ndown_revision: str\n", "neither"),
        ("if True:\n    revision = 'one'\ndown_revision = None\n", "down_revision = None"),
        ("revision = 'one'\n", "revision = 'one'"),
        ("revision = 1\ndown_revision = None\n", "down_revision = None, revision = 1"),
        ("revision = ''\ndown_revision = None\n", "down_revision = None, revision = ''"),
        ("revision = 'one'\ndown_revision = 0\n", "down_revision = 0, revision = 'one'"),
        ("revision = 'one'\ndown_revision = ''\n", "down_revision = '', revision = 'one'"),
        ("revision = 'one'\ndown_revision = ()\n", r"down_revision = \(\), revision = 'one'"),
        ("revision = 'one'\ndown_revision = (1,)\n", r"down_revision = \(1,\), revision = 'one'"),
    ],
)
def test_file_that_is_no_revision_is_refused(package: Package, source: str, found: str) -> None:
    with pytest.raises(SchemaError, match=rf"/0001\.py says {found}; revision \(str\) and"):
        head(package(source))


def test_heads_of_this_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "examples" / "shop"))
    monkeypatch.syspath_prepend(str(ROOT))
    assert head("app_db.migrations") == "app_db_0003"
    assert head("shop.migrations") == "shop_0004"
    assert not contains("shop.migrations", head("app_db.migrations"))


def test_a_database_is_at_the_ends_of_its_branches(package: Package) -> None:
    left, right = follows("left", "'one'"), follows("right", "'one'")
    name = package(FIRST, left, right, follows("both", "('left', 'right')"))
    assert reached(name, []) == []
    assert reached(name, ["right", "left"]) == ["left", "right"]
    with pytest.raises(SchemaError, match=r"the server is at revision 'far', which .* not have"):
        reached(name, ["far"])
    said = "alembic_version has left, one, and one came before left; delete its row"
    with pytest.raises(SchemaError, match=said):
        reached(name, ["one", "left"])


def test_each_step_begins_where_all_before_it_end(package: Package) -> None:
    left, right = follows("left", "'one'"), follows("right", "None")
    needs = "revision = 'needs'\ndown_revision = 'left'\ndepends_on = ('right', 'one')\n"
    assert steps(package(FIRST, left, right, needs)) == [
        (["base"], "one"), (["one"], "left"), (["base"], "right"), (["left", "right"], "needs"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["it's", "a,b", "a b", "a-b", "50%", "a\\b", "x" * 33])
def test_a_name_that_is_no_word_is_refused(package: Package, name: str) -> None:
    with pytest.raises(SchemaError, match=r"0001\.py: revision .* (may have letters|has 33 char)"):
        head(package(f"revision = {name!r}\ndown_revision = None\n"))
    assert head(package(f"revision = {'x' * 32!r}\ndown_revision = None\n"))
