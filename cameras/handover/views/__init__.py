"""Pages of the offline list and of hand-over."""
