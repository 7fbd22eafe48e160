"""Staging: what differs from production."""

stage = "staging"  # a change that needs a restart is put in force at once
ssh_user = "ops"
_sudo = True

pool_size = 5
max_overflow = 5
memory = "50%"

# Everything is slow enough to be looked at.
log_min_duration_statement = "200ms"
