"""What a trained model reads: from a model file and a data set to a folder of results."""
