"""The probe engine: what a camera answers, and why it does not.  Pure but for `net.py`, which opens
the sockets.
"""
