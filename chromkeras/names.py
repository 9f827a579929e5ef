"""Names, as in ``chrominterpret``: unknown ones fail, and all of them are safe to print."""

from chrominterpret.names import SHOWN, check_unique, printable, unknown

__all__ = ["SHOWN", "check_unique", "printable", "unknown"]
