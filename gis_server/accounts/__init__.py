"""Accounts: passwords, sessions, second factors, tokens, and those who look after users."""
