"""Benchmark: architectures trained, evaluated and timed side by side on one data set."""
