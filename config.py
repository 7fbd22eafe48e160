"""pyinfra reads this first."""

from pyinfra import config

from deploys import ahead, nobody

config.REQUIRE_PYINFRA_VERSION = ">=3.10,<4"
ahead.begin()
nobody.refuse()
