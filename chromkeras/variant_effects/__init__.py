"""Effects of sequence variants: what a change of the DNA does to a model's predictions."""
