"""pyinfra reads this first."""

from pyinfra import config

from deploys import ahead

config.REQUIRE_PYINFRA_VERSION = ">=3.10,<4"
ahead.begin()
