"""One model builder a file."""
