"""What commands print: names come from files of strangers, and may not act on the terminal."""

from typing import Any, TextIO

from chromkeras.names import printable

LAYOUT = "\n\t"


class SafeOutput:
    """A text stream that writes control characters, but for line feeds and tabs, as escapes.

    Parameters
    ----------
    stream
        Stream to write to; for what has to draw on a terminal, such as a bar, it is ``stream``.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write a text, and return how many characters of it there were."""
        if not text.isprintable():
            text = "".join(c if c in LAYOUT else printable(c) for c in text)
        self.stream.write(text)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        """Return anything else as the stream has it."""
        return getattr(self.stream, name)
