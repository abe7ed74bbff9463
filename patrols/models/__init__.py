"""What is stored of patrols."""

from patrols.models.control import ControlSwitch

__all__ = ["ControlSwitch"]
