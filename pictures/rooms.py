"""docs/rooms.svg: the components and what each adds, where that goes, and the lines of deploy.py.

`python -m pictures.rooms` draws it from the code as it is; nothing is deployed.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment

from components import COMPONENTS
from howdah.component import Component, Context
from howdah.hardware import UNKNOWN
from howdah.host_data import read
from howdah.layout import Layout

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "rooms.svg"
NEXT = "the next one: a folder, and a line in the list"
WIDTH, TOP, ROW, LINE = 860, 70, 30, 16


class Column(NamedTuple):
    """What components add, and where all of it together goes."""

    title: str
    x: int
    into: str


class Room(NamedTuple):
    """A component, or the place of one that is still to come: without cells."""

    name: str
    y: int
    cells: list[tuple[int, str]]


COLUMNS = (
    Column("options", 150, "inventory"),
    Column("settings", 235, "postgresql.conf"),
    Column("libraries", 350, "loaded at the start"),
    Column("records", 490, "pg_hba.conf"),
    Column("logins", 585, "secrets/, roles"),
    Column("roles-sql", 690, "rights"),
    Column("probes", 770, "the snapshot"),
)
# Where a cluster is changes nothing here.
ANY = Layout("/", "/", "/", "/", "/", "/", "/", "/", "postgres", "root:postgres", "640", audit=True)
SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{ width }} {{ height }}" \
font-family="sans-serif" font-size="13">
<rect width="100%" height="100%" rx="8" fill="white"/>
<text x="15" y="30" font-size="15">components/</text>
{% for column in columns -%}
<text x="{{ column.x }}" y="55" fill="#666">{{ column.title }}</text>
<line x1="{{ column.x }}" y1="{{ top }}" x2="{{ column.x }}" y2="{{ bottom + 12 }}" \
stroke="#ddd"/>
<path d="M{{ column.x - 4 }},{{ bottom + 12 }} l8,0 l-4,7 z" fill="#1b6ca8"/>
<text x="{{ column.x }}" y="{{ bottom + 36 }}" fill="#1b6ca8">{{ column.into }}</text>
{% endfor -%}
{% for room in rooms -%}
<rect x="15" y="{{ room.y }}" width="{{ width - 30 }}" height="{{ row - 6 }}" rx="4" \
fill="#1b6ca8" fill-opacity="0.08" stroke="#1b6ca8"\
{% if not room.cells %} stroke-dasharray="4"{% endif %}/>
<text x="25" y="{{ room.y + 17 }}">{{ room.name }}</text>
{% for x, cell in room.cells -%}
<text x="{{ x + 6 }}" y="{{ room.y + 17 }}">{{ cell }}</text>
{% endfor -%}
{% endfor -%}
<text x="15" y="{{ bottom + 75 }}" font-size="15">deploy.py</text>
{% for operation, module in operations -%}
<text x="150" y="{{ bottom + 75 + loop.index0 * line }}">{{ operation }}</text>
<text x="400" y="{{ bottom + 75 + loop.index0 * line }}" fill="#666">{{ module }}</text>
{% endfor -%}
</svg>
"""


def adds(component: Component) -> Iterator[str]:
    """A cell for each of COLUMNS: a number of many, the names of few."""
    cluster = read({"environment": "production"})
    context = Context(cluster, ANY, UNKNOWN)
    settings = len(list(component.settings(context)))
    records = len(list(component.records(cluster)))
    yield _number(len(component.options.model_fields))
    yield _number(settings)
    yield ", ".join(component.libraries)
    yield _number(records)
    yield ", ".join(login.role(cluster) for login in component.logins)
    yield ", ".join(path.name for path in component.roles_sql)
    yield ", ".join(probe.name for probe in component.probes)


def _number(number: int) -> str:
    return str(number) if number else ""


def operations() -> Iterator[tuple[str, str]]:
    """The operations of deploy.py in their order, each with the module that has it."""
    tree = ast.parse((ROOT / "deploy.py").read_text())
    modules = {}
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom):
            for imported in statement.names:
                modules[imported.name] = f"{statement.module}.py".replace(".", "/", 1)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            for keyword in node.keywords:
                if keyword.arg == "name":
                    yield ast.literal_eval(keyword.value), modules[node.func.id]


def drawn() -> str:
    """The picture."""
    rooms: list[Room] = []
    for component in COMPONENTS:
        cells = [(column.x, cell) for column, cell in zip(COLUMNS, adds(component), strict=True)]
        rooms.append(Room(component.name, TOP + len(rooms) * ROW, cells))
    rooms.append(Room(NEXT, TOP + len(rooms) * ROW, []))
    bottom = TOP + len(rooms) * ROW
    lines = list(operations())
    return Environment(autoescape=True).from_string(SVG).render(
        rooms=rooms,
        columns=COLUMNS,
        operations=lines,
        width=WIDTH,
        height=bottom + 80 + len(lines) * LINE,
        top=TOP,
        bottom=bottom,
        row=ROW,
        line=LINE,
    )  # fmt: skip


if __name__ == "__main__":
    PICTURE.write_text(drawn())
