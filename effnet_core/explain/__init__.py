"""One network ready to answer, and everything that it can be asked: gates, heat maps, edits, traces."""
