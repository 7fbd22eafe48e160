"""pyinfra reads this first."""

import sys

from pyinfra import config
from pyinfra.api.exceptions import PyinfraError

# pyinfra keeps nothing that it has compiled, so that each run would compile Howdah anew: 0.1 s.
sys.dont_write_bytecode = False

from howdah import team  # noqa: E402 after it

try:
    team.check()
except team.TeamError as e:
    raise PyinfraError(str(e)) from None

from deploys import ahead, hostkeys, plan, summary  # noqa: E402 after it
from deploys.fence import command_line  # noqa: E402 after it

config.REQUIRE_PYINFRA_VERSION = ">=3.10,<4"
ahead.begin()
command_line.begin(command_line.Hooks(plan=plan.show, end=summary.end, payload=summary.payload))
hostkeys.explain()
