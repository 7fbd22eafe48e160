"""What an ops team runs after a deploy: `make verify`. docs/verification.md has what it proves.

Its tests are for pytest: each runs once for each host of an inventory, and changes nothing there.
"""
