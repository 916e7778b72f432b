"""One network ready to answer, and everything it can answer: gates, heat maps, edits, traces."""
