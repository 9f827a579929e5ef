"""The error that a user can mend."""


class InputError(ValueError):
    """What was given cannot be used: the message says what was expected and what was received.

    Raised at every public door, and by nothing else: any other exception is a bug.

    Examples
    --------
    >>> raise InputError("expected a batch_size of at least 1, received 0")
    Traceback (most recent call last):
    ...
    chrominterpret.errors.InputError: expected a batch_size of at least 1, received 0
    """
