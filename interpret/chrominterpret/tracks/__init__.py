"""Contributions along sequences, as pictures and bigWig."""
