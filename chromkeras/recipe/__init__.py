"""Recipes: the settings of a run, their values and how they are read."""
