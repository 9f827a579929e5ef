"""Motifs: matrices, files, databases, TomTom, TF-MoDISco and logos."""
