"""A matrix of cases, of which `make test` tries some and `make test-all` every one."""

from collections.abc import Container, Iterable
from typing import Any

import pytest


def sampled(cases: Iterable[Any], kept: Container[Any]) -> list[Any]:
    """Parameters for pytest: those that are not kept are for `make test-all`."""
    return [case if case in kept else pytest.param(case, marks=pytest.mark.all) for case in cases]
