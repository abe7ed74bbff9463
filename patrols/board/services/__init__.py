"""What changes posts, shifts, people and duties."""
