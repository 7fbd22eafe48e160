"""What the next deploy would change: Howdah's own dry run, below pyinfra's operations."""

import pytest

from verify.current_host import DEPLOY, CurrentHost


@pytest.mark.parametrize("operation", [name for name in DEPLOY if name != "grant"])
def test_deploy_would_change_nothing(current: CurrentHost, operation: str) -> None:
    """Of roles and rights it is test_nothing_differs_from_roles_sql."""
    if lines := current.differences[operation]:
        pytest.fail("\n".join(lines), pytrace=False)
