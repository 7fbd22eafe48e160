"""The passwords of the components' logins: what stands for them in roles-sql, and their files."""

from components import logins

# The psql variable of a verifier -> the login.
LOGINS = {login.verifier: login for login in logins()}
# The psql variable -> the password's file in the store.
PASSWORDS = {variable: login.file for variable, login in LOGINS.items()}


def placeholder(variable: str) -> str:
    """What stands for a verifier wherever a statement is shown."""
    return f"<{variable}>"
