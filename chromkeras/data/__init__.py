"""The data set: tables of inputs, labels, splits, its file and its batches."""
