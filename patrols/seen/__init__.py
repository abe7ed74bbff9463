"""What has been seen and what not: coverage kept current, blind spots, checkpoints, errands."""
