"""Predictions of several models."""
