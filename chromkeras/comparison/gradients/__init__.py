"""Gradients that were watched in training."""
