"""Published numbers as CSV rows with their sources, and what is computed from them. Pure Python."""
