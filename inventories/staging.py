"""Staging: as production, smaller, and rebuilt at will."""

hosts = ["db.staging.example.internal"]
