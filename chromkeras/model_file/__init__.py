"""The model file: its run card, how it is opened and saved."""
