"""What a plan does, counted: figures of grids before and after, and what changes hands."""
