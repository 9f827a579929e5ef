"""A finished model at work: members, windows of a genome, and tables written chunk by chunk."""
