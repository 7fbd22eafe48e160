"""What can be restored from a repository."""

import json
from datetime import UTC, datetime

import pytest

from howdah import repository
from howdah.errors import HowdahError
from howdah.repository import Segment, chosen, goal, holes

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SHA = "a" * 40


def backup(label: str, ended: int, start: str, *, error: bool = False) -> dict[str, object]:
    """``ended``: the hour."""
    stop = int(datetime(2026, 11, 29, ended, tzinfo=UTC).timestamp())
    return {"label": label, "type": "full", "timestamp": {"start": stop - 5, "stop": stop},
            "info": {"size": 100}, "archive": {"start": start, "stop": start},
            "error": error}  # fmt: skip


def name(timeline: int, number: int) -> str:
    return repository.file_name(Segment(timeline, number))


def read(
    backups: list[dict[str, object]], segments: list[Segment], *history: str
) -> repository.Repository:
    about = [{"name": "other-main", "status": {"code": 0}, "backup": []},
             {"name": "prod-main", "status": {"code": 0, "message": "ok"},
              "backup": backups}]  # fmt: skip
    files = [f"prod-main/17-1/x/{repository.file_name(one)}-{SHA}.zst" for one in segments]
    return repository.read([json.dumps(about), *files, *history], "prod-main", 1)


def on(timeline: int, *numbers: int) -> list[Segment]:
    return [Segment(timeline, number) for number in numbers]


@pytest.mark.parametrize(
    ("text", "setting", "value"),
    [
        ("newest", "", ""),
        ("xid:123", "recovery_target_xid", "123"),
        ("name:before", "recovery_target_name", "before"),
        ("2026-11-28 13:34:49+00", "recovery_target_time", "2026-11-28 13:34:49+00:00"),
        ("2026-11-28T13:34:49.5+02:00", "recovery_target_time", "2026-11-28 13:34:49.500000+02:00"),
    ],
)
def test_goal(text: str, setting: str, value: str) -> None:
    found = goal(text)
    assert (found.setting, found.value) == (setting, value)


@pytest.mark.parametrize("text", ["", "oldest", "xid:", "xid:x", "name:", "name:a\nb", "name:it's",
                                  "2026-11-28", "2026-11-28 13:34:49", "13:34"])  # fmt: skip
def test_goal_that_is_none(text: str) -> None:
    with pytest.raises(HowdahError, match="needs newest, a time with its zone"):
        goal(text)


def test_chosen() -> None:
    """The last that ended before; one with an error is none."""
    backups = [backup("a", 8, name(1, 3)), backup("b", 10, name(1, 5)),
               backup("c", 11, name(1, 7), error=True)]  # fmt: skip
    found = read(backups, on(1, 3, 4, 5, 6, 7))
    assert chosen(found, goal("newest"), NOW).label == "b"
    assert chosen(found, goal("2026-11-29 10:00:01+00"), NOW).label == "b"
    assert chosen(found, goal("2026-11-29 10:00:00+00"), NOW).label == "a"
    for text, why in (("2026-11-29 08:00:00+00", "the first backup ended at 2026-11-29 08:00"),
                      ("2026-11-29 12:00:01+00", "is in the future")):  # fmt: skip
        with pytest.raises(HowdahError, match=why):
            chosen(found, goal(text), NOW)


def test_backup_of_a_branch_that_was_left() -> None:
    """Recovery follows the newest timeline: what is not on the way to it cannot be taken."""
    history = "history\t1\t0/5000000\tno recovery target specified"
    backups = [backup("a", 8, name(1, 3)), backup("b", 10, name(2, 6))]
    found = read(backups, [*on(1, 3, 4), *on(2, 5, 6), *on(3, 5)], history)
    assert chosen(found, goal("newest"), NOW).label == "a"


def test_holes() -> None:
    """On the way to the newest, over the place where a timeline was left."""
    history = "history\t1\t0/5000028\tat restore point"
    backups = [backup("a", 8, name(1, 3))]
    whole = [*on(1, 3, 4, 9), *on(2, 5, 6, 7)]
    begin = Segment(1, 3)
    assert list(holes(read(backups, whole, history), begin)) == []
    for missing in (Segment(1, 4), Segment(2, 5), Segment(2, 6)):
        there = [one for one in whole if one != missing]
        assert list(holes(read(backups, there, history), begin)) == [repository.file_name(missing)]
    few = read(backups, on(1, 3, 9))
    assert list(holes(few, begin)) == [*(name(1, n) for n in (4, 5, 6)), "and 2 more"]


def test_names() -> None:
    for text in (
        "000000010000000000000003",
        "0000000A0000000100000000",
        "00000001000000FF000000FF",
    ):
        assert repository.file_name(repository.segment(text)) == text


def test_repository_that_cannot_be_read() -> None:
    about = json.dumps(
        [{"name": "prod-main", "status": {"code": 2, "message": "no valid backups"}}]
    )
    with pytest.raises(HowdahError, match="has no backup of prod-main: no valid backups"):
        repository.read([about], "prod-main", 1)
    with pytest.raises(HowdahError, match="has no backup of prod-main: it is not there"):
        repository.read(["[]"], "prod-main", 1)
