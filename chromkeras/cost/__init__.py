"""What a model costs: operations, memory and time."""
