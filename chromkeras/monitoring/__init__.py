"""Monitoring of the tasks' gradients while a model trains."""
