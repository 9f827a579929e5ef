"""What every part of the comparison works with."""
