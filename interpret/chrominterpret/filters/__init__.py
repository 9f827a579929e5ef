"""First-layer filters: sites, motifs, influence and profiles."""
