"""Models that are no networks, to measure networks against."""
