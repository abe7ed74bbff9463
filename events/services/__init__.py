"""What changes events, their rules and units.  One verb a function; `acting.act` knows them."""
