"""The model's graph and the rules by which attributions pass through it."""
