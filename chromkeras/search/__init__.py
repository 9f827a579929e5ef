"""Search for hyperparameters: many trainings, one of them the best by validation."""
