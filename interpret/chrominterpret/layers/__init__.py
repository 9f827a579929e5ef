"""Layers of two models set side by side."""
