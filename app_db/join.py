"""One's own history, made the continuation of app_db's: `python -m app_db.join shop.migrations`.

A database that `make deploy` or `init-db` has made before is at one of app_db's revisions. Their
files are copied beside one's own, whose first one then follows the last of them and no longer makes
what they make. Nothing is asked of a database. What was interrupted is finished by a second run.
"""

import ast
import sys
from collections.abc import Iterable, Mapping
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

Place = tuple[int, int]  # line and column, as ast has them
Replaced = list[tuple[Place, Place, str]]


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
    for line in done:
        sys.stdout.write(f"{line}\n")
    return 0


def join(package: str) -> list[str]:
    """Say what was done. Raises AppDbError, OSError, SyntaxError."""
    if package == DEFAULT:
        raise AppDbError(f"{DEFAULT} is app_db's own history; name yours")
    theirs = _files(DEFAULT)
    versions = history_folder(package) / "versions"
    versions.mkdir(exist_ok=True)
    copies = {}
    for file in theirs:
        copy = versions / _name(file)
        copies[copy] = file.read_text()
    head = _last(theirs)
    own = [file for file in _files(package) if file not in copies]
    changed = _changed(own, head)
    missing = {file: text for file, text in copies.items() if not file.exists()}
    done = _write(missing)
    done += _write(changed)
    if not done:
        return [f"{package} continues app_db's history already"]
    epilogue = EPILOGUE.format(package=package, head=head)
    done.append(epilogue.rstrip())
    return done


def _files(package: str) -> list[Path]:
    folder = history_folder(package) / "versions"
    files = sorted(folder.glob("*.py"))
    return [file for file in files if file.name != "__init__.py"]


def _name(file: Path) -> str:
    if file.name.startswith("app_db_"):
        return file.name
    return f"app_db_{file.name}"


def _last(files: list[Path]) -> str:
    last = files[-1]
    tree = ast.parse(last.read_text())
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="revision")], value=ast.Constant(value=str(name))):
                return name
    raise AppDbError(f"{last} has no revision")


def _changed(files: Iterable[Path], head: str) -> dict[Path, str]:
    """The new texts of those that do not continue app_db's history yet."""
    changed = {}
    for file in files:
        text = file.read_text()
        continued = _continued(text, head)
        if continued != text:
            changed[file] = continued
    return changed


def _write(texts: Mapping[Path, str]) -> list[str]:
    done = []
    for file, text in texts.items():
        whole = file.with_suffix(".new")
        whole.write_text(text)
        whole.replace(file)
        done.append(f"wrote {file}")
    return done


def _continued(text: str, head: str) -> str:
    """A revision without what app_db's have made; the first one follows the last of theirs."""
    replaced: Replaced = []
    tree = ast.parse(text)
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id="down_revision")], value=value):
                replaced += _after(value, head)
            case ast.AnnAssign(target=ast.Name(id="down_revision"), value=ast.expr() as value):
                replaced += _after(value, head)
            case ast.FunctionDef(name="upgrade" | "downgrade", body=body):
                replaced += _without_theirs(body)
    # From the end, so that the places before stay right.
    replaced_from_the_end = sorted(set(replaced), reverse=True)
    raw = text.encode()
    for first, last, new in replaced_from_the_end:
        start = _offset(raw, first)
        end = _offset(raw, last)
        raw = raw[:start] + new.encode() + raw[end:]
    return raw.decode()


def _after(value: ast.expr, head: str) -> Replaced:
    is_base = isinstance(value, ast.Constant) and value.value is None
    if not is_base:
        return []
    start, end = _places(value)
    return [(start, end, repr(head))]


def _without_theirs(body: list[ast.stmt]) -> Replaced:
    theirs: list[ast.stmt] = []
    kept: set[int] = set()
    for node in body:
        tables = _tables(node)
        if tables and tables <= TABLES:
            theirs.append(node)
        else:
            kept.update(_lines(node))
    gone: Replaced = []
    for node in theirs:
        lines = _lines(node)
        shares_a_line = not kept.isdisjoint(lines)
        # A function has one statement at least.
        is_needed = not kept and node is theirs[0]
        if shares_a_line or is_needed:
            start, end = _places(node)
            gone.append((start, end, "pass"))
        else:
            start = (lines.start, 0)
            end = (lines.stop, 0)
            gone.append((start, end, ""))
    return gone


def _lines(node: ast.stmt) -> range:
    last = node.end_lineno or node.lineno
    return range(node.lineno, last + 1)


def _tables(node: ast.stmt) -> set[str]:
    """Of which tables a statement is that makes some, or takes them away."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) as call):
            pass
        case _:
            return set()
    if name not in MAKERS:
        return set()
    tables = set()
    for argument in _arguments(name, call):
        if isinstance(argument, ast.Constant):
            tables.add(str(argument.value))
    return tables


def _arguments(name: str, call: ast.Call) -> list[ast.expr]:
    """Those that name tables."""
    if name in ("create_table", "drop_table"):
        arguments = call.args[:1]
    elif name == "touch":
        arguments = call.args[:]
    else:
        arguments = call.args[1:2]
    for keyword in call.keywords:
        if keyword.arg == "table_name":
            arguments.append(keyword.value)
    return arguments


def _places(node: ast.expr | ast.stmt) -> tuple[Place, Place]:
    start = (node.lineno, node.col_offset)
    end = (node.end_lineno or 0, node.end_col_offset or 0)
    return start, end


def _offset(raw: bytes, place: Place) -> int:
    line, column = place
    lines = raw.splitlines(keepends=True)
    before = b"".join(lines[: line - 1])
    return len(before) + column


if __name__ == "__main__":
    sys.exit(main())
