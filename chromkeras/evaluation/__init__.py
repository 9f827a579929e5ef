"""Predictions of a model, and how they are measured."""
