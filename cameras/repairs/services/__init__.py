"""What changes repair orders, teams and their rules."""

from cameras.repairs.services.looking import look

__all__ = ["look"]
