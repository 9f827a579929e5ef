"""TF-MoDISco patterns of several models."""
