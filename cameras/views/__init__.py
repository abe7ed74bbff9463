"""Pages of the cameras, for people."""
