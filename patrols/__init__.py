"""Duties, positions of who is on duty, and where nobody has been."""
