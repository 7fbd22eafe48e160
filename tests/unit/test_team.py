"""Whose files a run is about."""

from pathlib import Path

import pytest

from howdah import new, team
from howdah.roles_sql import sqlfiles
from howdah.roles_sql.sqlfiles import RolesSqlError
from howdah.team import CHECKOUT, TeamError

ROLE = "CREATE ROLE reporting;\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As `make new` writes it."""
    new.make(tmp_path / "acme")
    return tmp_path / "acme"


def test_new_folder_names_the_checkout(folder: Path) -> None:
    howdah = team.read(folder / "howdah.toml")["howdah"]
    assert (folder / howdah).resolve() == CHECKOUT.resolve()
    assert (folder / "group_data" / "all.py").exists()


def test_kept_folder_names_the_checkout_too() -> None:
    """templates/team is one: its files are looked over as they stand."""
    kept = CHECKOUT / "templates" / "team"
    assert (kept / team.read(kept / "howdah.toml")["howdah"]).resolve() == CHECKOUT.resolve()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("howdah = 1", r'howdah: needs the path of the checkout, howdah = "\.\./howdah"'),
        ("howdah = ", "Invalid value"),
        ('howdah = ".."\nhowda = 1', "howda: no such key; known are howdah, components"),
        ('howdah = ".."\ncomponents = "a.b"', "components = 'a.b': needs the name of a package"),
    ],
)
def test_howdah_toml_that_cannot_be(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "howdah.toml").write_text(text)
    with pytest.raises(TeamError, match=why):
        team.read(tmp_path / "howdah.toml")


def test_only_the_working_folder_counts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A howdah.toml above it may be somebody else's."""
    assert team._folder(folder) == folder
    assert team._folder(folder / "inventories") == CHECKOUT
    monkeypatch.setattr(team, "FOLDER", folder)
    team.check()
    assert team.roles_sql() == [folder / "roles-sql"]


def test_another_checkout_is_rejected(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(team, "FOLDER", folder)
    (folder / "howdah.toml").write_text('howdah = "../other"\n')
    with pytest.raises(TeamError, match=f"howdah names .*/other, and this is {CHECKOUT}"):
        team.check()


def test_files_of_another_team(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that has one of these within it is meant by none of the team's files."""
    inventory = folder / "inventories" / "prod.py"
    with pytest.raises(TeamError, match=f"is of the team in {folder}; run this there"):
        team.check_file(inventory)
    team.check_file(folder.parent / "prod.py")
    team.check_file(Path("inventories/prod.py"))
    monkeypatch.setattr(team, "FOLDER", folder)
    team.check_file(inventory)


def test_new_in_a_folder_that_is_there(tmp_path: Path) -> None:
    """A repository without files is as good as an empty folder."""
    (tmp_path / "acme" / ".git").mkdir(parents=True)
    new.make(tmp_path / "acme")
    with pytest.raises(TeamError, match=r"is not empty \(\.gitignore is there\)"):
        new.make(tmp_path / "acme")
    (tmp_path / "file").write_text("")
    with pytest.raises(TeamError, match="is a file; a new folder is needed"):
        new.make(tmp_path / "file")
    with pytest.raises(TeamError, match="is in the checkout; name a folder beside it"):
        new.make(CHECKOUT / "acme")


def test_way_that_make_cannot_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = tmp_path / "a b" / "howdah"
    monkeypatch.setattr(new, "CHECKOUT", checkout)
    with pytest.raises(TeamError, match="make needs letters, digits"):
        new.make(tmp_path / "acme")
    new._way_to_the_checkout(checkout.parent / "acme")
    assert not (tmp_path / "acme").exists()


# -- roles-sql for some environments --------------------------------------------------------


def read(folder: Path, text: str, environment: str = "prod") -> list[str]:
    (folder / "10-x.sql").write_text("CREATE ROLE x;\n")
    (folder / "20-y.sql").write_text(text)
    return [one.text for one in sqlfiles.read(folder, {}, environment=environment)]


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("-- environments: prod\n", True),
        ("-- environments: staging, prod\n", True),
        ("-- environments: staging,prod \n", True),
        ("-- environments: prod\r\n", True),
        ("-- environments: staging\n", False),
        ("-- environments: prod-2\n", False),
        ("-- Of no environment in particular.\n", True),
    ],
)
def test_first_line(tmp_path: Path, line: str, counts: bool) -> None:
    assert len(read(tmp_path, line + ROLE)) == 1 + counts


@pytest.mark.parametrize(
    "line",
    [
        "-- environments:",
        "-- environments: staging prod",
        "-- environments: Prod",
        "-- environments: prod;",
        "-- environment: prod",
        "--environments: prod",
        "-- Environments : prod",
        " -- environments: prod",
        "-- environments: prod,",
    ],
)
def test_first_line_of_another_form(tmp_path: Path, line: str) -> None:
    with pytest.raises(RolesSqlError, match=r"/20-y.sql:1: environments: needs their names"):
        read(tmp_path, f"{line}\n{ROLE}")


def test_not_in_the_first_line(tmp_path: Path) -> None:
    with pytest.raises(RolesSqlError, match=r"20-y.sql:2: the environments must be in the first"):
        read(tmp_path, f"\n-- environments: prod\n{ROLE}")


def test_files_of_several_folders_come_by_name(tmp_path: Path) -> None:
    """And Howdah's before the team's, where names are the same."""
    for folder, names in {"a": ("10-x", "30-y"), "b": ("20-z", "30-y", "05-w")}.items():
        (tmp_path / folder).mkdir()
        for name in names:
            file = tmp_path / folder / f"{name}.sql"
            file.write_text(f"CREATE ROLE {name[3:]}_{folder};")
    statements = sqlfiles.read(tmp_path / "a", {}, beside=[tmp_path / "b"])
    roles = [one.node["role"] for one in statements]
    assert roles == ["w_b", "x_a", "z_b", "y_a", "y_b"]
    assert len({one.session for one in statements}) == 5
