"""Attributions of the same sequences by several models."""
