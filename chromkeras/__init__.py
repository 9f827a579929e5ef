"""Train, compare and interpret multi-task models of regulatory DNA."""

__version__ = "0.1.0"
