"""The training loop: data, recipe, run, and the card of the trained model."""
