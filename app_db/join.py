"""One's own history, made the continuation of app_db's: `python -m app_db.join shop.migrations`.

A database that `make deploy` or `init-db` has made before is at one of app_db's revisions. Their
files are copied beside one's own, whose first one then follows the last of them and no longer makes
what they make. Nothing is asked of a database. What was interrupted is finished by a second run.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from app_db.errors import AppDbError
from app_db.manage import DEFAULT, history_folder

TABLES = {"users", "user_identities"}
# How a revision makes, or takes away, a table with its indexes and its trigger.
MAKERS = {"create_table", "drop_table", "create_index", "drop_index", "touch"}
EPILOGUE = """\
{package} continues app_db's history now, after {head}; deploy it
a database that has yours alone (a developer's SQLite) has to be made anew
"""


def main() -> int:
    """0 where the history is joined, 1 with what to do."""
    if len(sys.argv) != 2:  # noqa: PLR2004 its own name, and the package
        sys.stderr.write("join: name your history, as in python -m app_db.join shop.migrations\n")
        return 1
    try:
        done = join(sys.argv[1])
    except (AppDbError, OSError, SyntaxError) as e:
        sys.stderr.write(f"join: {e}\n")
        return 1
    sys.stdout.writelines(f"{line}\n" for line in done)
    return 0


def join(package: str) -> list[str]:
    """Say what was done. Raises AppDbError, OSError, SyntaxError."""
    if package == DEFAULT:
        raise AppDbError(f"{DEFAULT} is app_db's own history; name yours")
    theirs = _files(DEFAULT)
    versions = history_folder(package) / "versions"
    versions.mkdir(exist_ok=True)
    copies = {versions / _name(file): file.read_text() for file in theirs}
    head = _last(theirs)
    changed = {}
    for file in _files(package):
        if file not in copies:
            text = file.read_text()
            continued = _continued(text, head)
            if continued != text:
                changed[file] = continued
    missing = {file: text for file, text in copies.items() if not file.exists()}
    done = [*_write(missing), *_write(changed)]
    if not done:
        return [f"{package} continues app_db's history already"]
    return [*done, EPILOGUE.format(package=package, head=head).rstrip()]


def _files(package: str) -> list[Path]:
    files = sorted((history_folder(package) / "versions").glob("*.py"))
    return [file for file in files if file.name != "__init__.py"]


def _name(file: Path) -> str:
    return file.name if file.name.startswith("app_db_") else f"app_db_{file.name}"


def _last(files: list[Path]) -> str:
    for node in ast.parse(files[-1].read_text()).body:
        match node:
            case ast.Assign(targets=[ast.Name(id="revision")], value=ast.Constant(value=str(name))):
                return name
    raise AppDbError(f"{files[-1]} has no revision")


def _write(texts: Mapping[Path, str]) -> Iterator[str]:
    for file, text in texts.items():
        whole = file.with_suffix(".new")
        whole.write_text(text)
        whole.replace(file)
        yield f"wrote {file}"


def _continued(text: str, head: str) -> str:
    """A revision without what app_db's have made; the first one follows the last of theirs."""
    replaced = []
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Assign(targets=[ast.Name(id="down_revision")], value=value):
                replaced += _after(value, head)
            case ast.AnnAssign(target=ast.Name(id="down_revision"), value=ast.expr() as value):
                replaced += _after(value, head)
            case ast.FunctionDef(name="upgrade" | "downgrade", body=body):
                replaced += _without_theirs(body)
    raw = text.encode()
    for first, last, new in sorted(set(replaced), reverse=True):
        start, end = _offset(raw, *first), _offset(raw, *last)
        raw = raw[:start] + new.encode() + raw[end:]
    return raw.decode()


Place = tuple[int, int]
Replaced = list[tuple[Place, Place, str]]


def _after(value: ast.expr, head: str) -> Replaced:
    is_base = isinstance(value, ast.Constant) and value.value is None
    return [(*_places(value), repr(head))] if is_base else []


def _without_theirs(body: list[ast.stmt]) -> Replaced:
    theirs = [node for node in body if _tables(node) and _tables(node) <= TABLES]
    kept = {line for node in body if node not in theirs for line in _lines(node)}
    gone: Replaced = []
    for node in theirs:
        alone = not kept.intersection(_lines(node))
        if alone and (kept or node is not theirs[0]):
            gone.append(((node.lineno, 0), (_lines(node).stop, 0), ""))
        else:
            gone.append((*_places(node), "pass"))
    return gone


def _lines(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _tables(node: ast.stmt) -> set[str]:
    """Of which tables a statement is that makes some, or takes them away."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) as call):
            pass
        case _:
            return set()
    if name not in MAKERS:
        return set()
    keywords = [one.value for one in call.keywords if one.arg == "table_name"]
    if name in ("create_table", "drop_table"):
        given = call.args[:1]
    elif name == "touch":
        given = call.args
    else:
        given = call.args[1:2]
    named = [*given, *keywords]
    return {str(one.value) for one in named if isinstance(one, ast.Constant)}


def _places(node: ast.expr | ast.stmt) -> tuple[Place, Place]:
    return (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)


def _offset(raw: bytes, line: int, column: int) -> int:
    return sum(map(len, raw.splitlines(keepends=True)[: line - 1])) + column


if __name__ == "__main__":
    sys.exit(main())
