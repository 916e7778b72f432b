"""What follows from the description: rounding, equal compute, memory, block designs, export. Pure Python."""
