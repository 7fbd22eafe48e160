"""What the next deploy would change: Howdah's own dry run, below pyinfra's operations."""

import pytest

from tests.verify.at_hand import DEPLOY, AtHand


@pytest.mark.parametrize("operation", [name for name in DEPLOY if name != "grant"])
def test_deploy_would_change_nothing(at_hand: AtHand, operation: str) -> None:
    """Of roles and rights it is test_nothing_differs_from_roles_sql."""
    if lines := at_hand.differences[operation]:
        pytest.fail("\n".join(lines), pytrace=False)
