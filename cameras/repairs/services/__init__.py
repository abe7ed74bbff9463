"""What changes repair orders, teams and their rules."""

from cameras.repairs.services.looking import look
from cameras.repairs.services.photos import drop_unused_photos

__all__ = ["drop_unused_photos", "look"]
