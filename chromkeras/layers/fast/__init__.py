"""Kernels that are faster on CPUs."""
