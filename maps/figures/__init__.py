"""Figures of the territory: in headlines, and of each grid to colour the map by."""
