"""The three passwords: what stands for their verifiers in roles-sql, their roles, their files."""

# The psql variable -> the knob that names the role.
ROLES = {
    "app_verifier": "app_role",
    "backup_verifier": "backup_role",
    "temporal_verifier": "temporal_role",
}
# The psql variable -> the password's file in the store.
PASSWORDS = {
    "app_verifier": "postgres_app_user_pw",
    "backup_verifier": "postgres_app_ro_pw",
    "temporal_verifier": "postgres_temporal_pw",
}


def placeholder(variable: str) -> str:
    """What stands for a verifier wherever a statement is shown."""
    return f"<{variable}>"
