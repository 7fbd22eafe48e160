"""All that reaches into pyinfra past its interface: what a new release of it may change.

The interface is what `pyinfra`, `pyinfra.api`, `pyinfra.api.command` and `pyinfra.api.exceptions`
give to who writes deploys. No other module imports more; tests/unit/test_fence.py holds both, and
reports by name what has gone.
"""
