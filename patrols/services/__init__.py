"""What changes patrols."""
