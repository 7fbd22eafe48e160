"""Two clocks: how far they are apart, and what is allowed."""

import pytest

from howdah.errors import HowdahError
from howdah.secrets import clocks


@pytest.mark.parametrize(
    ("host", "ahead"),
    [(1000, 0), (1004, 0), (1009, 0), (940, 60), (1069, -60), (1000 - 172800, 172800)],
)
def test_time_of_the_answer_is_no_difference(host: float, ahead: float) -> None:
    """A host that answers after nine seconds may have looked at its clock at any of them."""
    assert clocks.ahead(host, asked=1000, answered=1009) == ahead


@pytest.mark.parametrize("seconds", [0, 300, -300])
def test_five_minutes_are_allowed(seconds: float) -> None:
    clocks.check("db1", seconds, now=0)


@pytest.mark.parametrize(
    ("seconds", "its"), [(301, "1970-01-01 00:01:39"), (-301, "1970-01-01 00:11:41")]
)
def test_more_is_not(seconds: float, its: str) -> None:
    with pytest.raises(HowdahError) as e:
        clocks.check("db1", seconds, now=400)
    assert "this machine is at 1970-01-01 00:06:40 UTC" in str(e.value)
    assert f"that of db1 at {its} UTC" in str(e.value)
    assert "within 5 minutes: set the one that is wrong (timedatectl" in str(e.value)
