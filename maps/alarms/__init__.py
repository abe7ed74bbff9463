"""Alarms of the wall: what needs somebody now, who has taken it, and what is over again."""
