"""Positions in: devices, fixes by HTTP and from files, the days they are kept, one's own track."""
