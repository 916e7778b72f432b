"""What this machine is, and how long a network takes on it."""
