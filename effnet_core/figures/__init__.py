"""Rows -> plotly figures, one file a subject. Plotly and pure files alone."""
