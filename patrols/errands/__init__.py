"""Sending somebody on duty somewhere, and the checkpoints that a duty calls at."""
