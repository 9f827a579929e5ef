"""Cross-validation: folds, a model for each, and what they predict of rows they never saw."""
