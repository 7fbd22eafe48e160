"""All that Howdah's own deploy.py does, in its order. Operations of your own may follow."""

from deploys.team import deploy

target = deploy()
