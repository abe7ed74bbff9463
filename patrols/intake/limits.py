"""How much of everything is taken.  Pure."""

AHEAD_H = 24
"""So far a phone's clock may be ahead, for what it says to be kept at all; from 5 minutes on it is
doubted (`patrols.track`)."""
MOST_IN_BATCH = 1_000
LARGEST_BATCH = 512 * 1024
"""Bytes of a batch's body."""
