"""Kinds of labels, one file each: what is legal, how it is scored, and how it is shown."""
