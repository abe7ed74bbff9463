"""Pages of repair orders, teams and their rules."""
