"""Attributions and motifs of Keras 3 models with one-hot input."""
