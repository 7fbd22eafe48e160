"""The base of every error that the user can fix."""


class HowdahError(ValueError):
    """What cannot be done, in one line: what was found, what is needed, where. No secret in it."""


class ClusterError(HowdahError):
    """An option that cannot be: the message names key, value found and what is needed."""
