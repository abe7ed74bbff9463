"""What stood on the map at a moment that is over, and what changed in a span of time."""
