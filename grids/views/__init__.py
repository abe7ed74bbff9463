"""The pages of the territory."""
