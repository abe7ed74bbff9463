"""Pictures: a frame from a camera that answers, taken in a process that may be killed at any
moment.
"""
