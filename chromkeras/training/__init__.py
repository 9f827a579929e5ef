"""Training: batches in, a .keras file with its history out."""
