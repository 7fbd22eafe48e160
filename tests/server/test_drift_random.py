"""Random hand-made changes, many at once: each is shown by its name, one run puts all right."""

import json
import random
import re
from collections.abc import Iterator

import pytest

from howdah.rights.catalog_rows import read
from tests.server.checkout import Checkout
from tests.server.drifts import drawn
from tests.server.test_roles_sql import state


@pytest.fixture
def busy(converged: Checkout) -> Iterator[Checkout]:
    """With a table, a sequence, a function and a type of the roles' own."""
    converged.ask(
        "SET ROLE appowner; CREATE SEQUENCE app.numbers; CREATE TYPE app.mood AS ENUM ('good');"
        "CREATE FUNCTION app.greet(text) RETURNS text LANGUAGE sql AS 'SELECT $1'", "appdb",
    )  # fmt: skip
    converged.ask("SET ROLE temporaluser; CREATE TABLE public.workflows (id serial, state text)",
                  "temporal")  # fmt: skip
    yield converged
    converged.ask("DROP SEQUENCE app.numbers; DROP TYPE app.mood; DROP FUNCTION app.greet", "appdb")
    converged.ask("DROP TABLE public.workflows", "temporal")


@pytest.mark.parametrize("seed", [1, 2])
def test_forty_random_drifts_are_shown_and_put_right(busy: Checkout, seed: int) -> None:
    r, before = random.Random(seed), state(busy)
    drifts = drawn(r, read(map(json.loads, before)), 40)
    for drift in drifts:
        drift.make(busy)
    busy.ask(f"SELECT pg_reload_conf() WHERE {r.random() < 0.5}")
    shown = busy.shown()
    assert [d for d in drifts if not re.search(d.shown, shown)] == [], f"seed {seed}: {shown}"
    busy.deploy()
    again = busy.deploy()
    assert again.changed == [], f"seed {seed}: {again.output}"
    assert busy.dry().changed == [], f"seed {seed}"
    assert state(busy) == before, f"seed {seed}"
