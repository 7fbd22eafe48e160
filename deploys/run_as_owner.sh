# Runs a whole script as the server's OS user: what that user has put in its way leads nowhere else.
as_owner sh -ec "$SCRIPT"
