"""Recipes: what a run is made of, how it is read and what it may hold."""
