"""Similarity of hidden layers."""
