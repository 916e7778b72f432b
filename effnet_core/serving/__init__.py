"""The engine for other computers: its answers as bytes, and the HTTP API that gives them."""
