"""What the documents say of the house is so."""

import ast
import re
from pathlib import Path

import pytest

from howdah.cluster import Cluster
from howdah.host_data import OPTIONS, read
from howdah.roles_sql.declared import variables
from howdah.secrets.verifiers import PASSWORDS

ROOT = Path(__file__).parents[2]
PRODUCT = ("howdah", "components", "deploys", "verify", "app_db", "benchmarks", "pictures")
PURE = sorted([*(ROOT / "howdah").rglob("*.py"), *(ROOT / "components").rglob("*.py")])


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    names = [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
    names += [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(ROOT)))
def test_howdah_imports_no_pyinfra(path: Path) -> None:
    assert imports(path) & {"pyinfra", "pyinfra_cli", "deploys"} == set()


def test_app_db_imports_neither() -> None:
    for path in (ROOT / "app_db").rglob("*.py"):
        assert imports(path) & {"pyinfra", "howdah", "deploys"} == set()


def test_every_option_is_documented_with_its_default() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", text, flags=re.MULTILINE))
    assert rows.keys() == OPTIONS
    for name, field in Cluster.model_fields.items():
        shown = rows[field.alias or name]
        if isinstance(field.default, str | int | float):
            quoted = f'"{field.default}"' if isinstance(field.default, str) else field.default
            assert shown == f"`{quoted}`"


def test_names_for_psql_are_the_defaults() -> None:
    lines = (ROOT / "roles-sql" / "names.psql").read_text().splitlines()
    said = dict(line.split()[1:] for line in lines if line.startswith("\\set"))
    used = "".join(path.read_text() for path in (ROOT / "roles-sql").glob("*.sql"))
    values = variables(read({"environment": "any"}))
    # A component's own file has variables of its own.
    wanted = {name: value for name, value in values.items() if name in used}
    wanted["log_statement"] = "ddl"  # a bare server has no pgaudit
    del wanted["since_17"]  # the server is asked
    assert said == {name: value for name, value in wanted.items() if name not in PASSWORDS}


def test_commands_of_the_readme_are_targets() -> None:
    makefiles = (ROOT / "Makefile").read_text() + (ROOT / "howdah.mk").read_text()
    targets = set(re.findall(r"^([a-z. -]+):", makefiles, flags=re.MULTILINE))
    known = {word for target in targets for word in target.split()}
    text = (ROOT / "README.md").read_text()
    for word in re.findall(r"^    make (\S+)", text, flags=re.MULTILINE):
        assert word in known


def test_no_module_is_too_long() -> None:
    for folder in PRODUCT:
        for path in (ROOT / folder).rglob("*.py"):
            assert len(path.read_text().splitlines()) <= 300, path


def test_errors_are_called_so() -> None:
    for folder in ("howdah", "deploys", "verify", "app_db"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef) and is_error(node):
                    assert node.name.endswith("Error"), f"{path}:{node.lineno}"


def test_what_raises_is_called_check() -> None:
    for folder in ("howdah", "components", "deploys", "app_db", "verify", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef):
                    name = node.name.lstrip("_")
                    assert not name.startswith("refus"), f"{path}:{node.lineno}"


def is_error(node: ast.ClassDef) -> bool:
    names = [ast.unparse(base) for base in node.bases]
    return any(name == "Exception" or name.endswith("Error") for name in names)
