"""The base of every error that is the user's to mend."""


class HowdahError(ValueError):
    """What cannot be done, in one line: what was found, what is needed, where. No secret in it."""
