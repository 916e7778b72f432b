"""Untrusted bytes -> safe RGB pictures, and how a picture becomes a network's input. Pillow and numpy."""
