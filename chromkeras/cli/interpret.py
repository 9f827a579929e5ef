"""``chromkeras interpret``."""


def command() -> None:
    """(being written)"""
