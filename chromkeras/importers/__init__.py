"""From peaks and a genome, published files or a simulation to a data set."""
