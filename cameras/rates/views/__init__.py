"""Pages of rates, planned work, reports and patterns."""
