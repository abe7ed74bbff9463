"""The one calendar of working days, for events and cameras alike."""
