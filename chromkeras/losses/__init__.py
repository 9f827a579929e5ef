"""Losses of many tasks with unknown labels: one file each, summed and weighted in one place."""
