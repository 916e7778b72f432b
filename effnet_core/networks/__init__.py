"""Blocks -> torch networks, their weights from disk, download or the user, and the device that they run on."""
