"""What goes wrong in a way that a user can understand."""


class ModelwayError(Exception):
    """A failure whose message is the whole text for the user; no traceback is shown for it."""

    exit_code = 1
