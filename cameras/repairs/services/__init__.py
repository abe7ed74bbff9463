"""What changes repair orders, teams and their rules."""

from cameras.repairs.services.looking import look
from cameras.repairs.services.photos import drop_stray_photos, drop_unused_photos

__all__ = ["drop_stray_photos", "drop_unused_photos", "look"]
