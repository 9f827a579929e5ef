"""Grammars of planted motifs: a module each, with ``draw``, ``DEFAULTS`` and ``TAKES_SPACING``."""
