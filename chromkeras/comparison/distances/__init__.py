"""Distances between the tasks' own networks."""
