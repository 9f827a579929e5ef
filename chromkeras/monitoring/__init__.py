"""The tasks' gradients, watched while a model trains."""
