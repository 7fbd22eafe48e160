"""Random examples: how they are run, and what one plan after another makes of them.

Other examples than these: FUZZ_SEED=2 .venv/bin/python -m pytest tests/server/test_rights_fuzz_*.py
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from hypothesis import HealthCheck, Phase, event, given, seed, settings

from howdah.errors import HowdahError
from tests.server.fuzz.drifts import Drift
from tests.server.fuzz.engine import Engine
from tests.server.fuzz.files import Team
from tests.server.fuzz.server import BareServer
from tests.server.fuzz.things import Some

Servers = Callable[[int, str], BareServer]
SEED = int(os.environ.get("FUZZ_SEED", "1"))


def fuzz(strategy: Some, check: Callable[..., str], examples: int) -> Counter[str]:
    """Runs the check for each example; what it returns is counted."""
    outcomes = Counter[str]()

    @seed(SEED)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def one(example: object) -> None:
        outcome = check(example)
        outcomes[outcome] += 1
        event(outcome)

    one()
    return outcomes


def write(folder: Path, files: Iterable[str]) -> None:
    """The folder roles-sql, with these files and no other."""
    for old in folder.iterdir():
        old.unlink()
    for number, content in enumerate(files):
        (folder / f"{number:02}.sql").write_text(content)


def converge(engine: Engine) -> str:
    """One plan, sent: how it failed, or what another one would change."""
    try:
        done = engine.send(engine.plan().changes)
        if done.code:
            return f"fails: {done.errors}"
        again = engine.plan().changes
    except HowdahError as e:
        return f"refuses: {e}"
    return "\n".join(["changes again:", *map(str, again)]) if again else ""


def told(why: AssertionError, example: Team | Drift, script: Path) -> str:
    """A failure with the example, and where the whole of it is for psql on a bare server."""
    return f"{why}\n{example!r}\n-- psql -f {script}"
