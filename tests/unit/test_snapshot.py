"""What a host is asked while pyinfra prepares is not asked again."""

from types import SimpleNamespace

import gevent
import pytest

from deploys import connection, snapshot
from deploys.fence import run
from howdah.answer import Answer
from howdah.found import read


class Host:
    """It answers at once, whatever it is asked."""

    name = "db1"

    def __init__(self) -> None:
        self.asked = 0

    def run(self, _: str) -> "gevent.Greenlet[..., Answer]":
        self.asked += 1
        return gevent.spawn(Answer, done=True, lines=[], errors=[])


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    its = Host()
    state = SimpleNamespace(is_executing=True, current_stage="Execute")
    monkeypatch.setattr(snapshot, "host", its)
    monkeypatch.setattr(snapshot, "state", state)
    monkeypatch.setattr(run, "is_prompted", lambda: False)
    monkeypatch.setattr(connection, "run", its.run)
    monkeypatch.setattr(snapshot, "script", lambda *_: "")
    for known in ("_kept", "_last", "_begun"):
        monkeypatch.setattr(snapshot, known, {})
    return its


def test_an_answer_that_comes_early_is_used(host: Host) -> None:
    target = SimpleNamespace(runtime=None, want=None, work_ahead=lambda: None)
    snapshot.begin(target)  # type: ignore[arg-type]
    gevent.sleep(0.01)
    assert snapshot.snapshot(target) == read([])  # type: ignore[arg-type]
    assert host.asked == 1
