"""Sequence codes, the data set, its file, splits and batches."""
