"""What attribution methods have in common."""
