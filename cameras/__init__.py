"""Cameras: the registry, the probes, the states, the outages and the pictures."""
