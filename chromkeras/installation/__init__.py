"""What an installation has, and what is broken or missing."""
