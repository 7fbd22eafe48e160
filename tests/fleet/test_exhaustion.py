"""The same attacks as on an embedded server, over the network."""

from collections.abc import Iterator

import pytest

from tests.fleet.engine import SUITES
from tests.fleet.single import Single
from tests.server.test_exhaustion import (  # noqa: F401 tests, for the fixture here
    test_a_sort_has_an_end,
    test_index_of_a_migration_has_none,
    test_logins_that_are_not_finished_lose_their_slots,
    test_nobody_writes_wal_without_a_row,
    test_queue_of_notify_is_bounded_and_watched,
    test_slot_that_nobody_reads_does_not_fill_the_disk,
    tight_options,
)
from tests.server.test_version_before import (  # noqa: F401 likewise
    of_before,
    test_one_deploy_and_then_no_changes,
)

pytestmark = pytest.mark.all


@pytest.fixture(scope="module")
def tight(single: Single, suite: str) -> Iterator[Single]:
    """A host that has little of everything."""
    single.inventory(**tight_options(SUITES[suite]))
    single.deploy("--data", "restart=yes")
    yield single
    single.inventory()
    single.deploy("--data", "restart=yes")
