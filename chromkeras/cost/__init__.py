"""Cost of a model: operations, memory and time."""
