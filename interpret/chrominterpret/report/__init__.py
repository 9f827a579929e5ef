"""What a model reads: attributions, filters and patterns of sequences as a folder and one page."""
