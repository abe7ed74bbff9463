"""Pages of errands and checkpoints."""
