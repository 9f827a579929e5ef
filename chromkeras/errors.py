"""The error that a user can mend, one for both packages."""

from chrominterpret.errors import InputError

__all__ = ["InputError"]
