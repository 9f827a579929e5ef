"""First-layer filters of several models."""
