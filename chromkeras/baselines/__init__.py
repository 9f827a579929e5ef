"""Baselines: models that are no networks, to compare networks with."""
