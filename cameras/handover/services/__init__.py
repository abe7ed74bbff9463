"""What changes hand-over: saved views, plans, deliveries."""
