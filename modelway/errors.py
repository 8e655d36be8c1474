"""What goes wrong in a way that a user can understand."""


class ModelwayError(Exception):
    """A failure whose message is the whole text for the user; no traceback is shown for it."""

    exit_code = 1


class WrongUsage(ModelwayError):
    """The command line cannot be followed: a file that it names is not there, is given twice, or does not go with another."""

    exit_code = 2
