"""What is stored of patrols."""

from patrols.models.control import ControlSwitch
from patrols.models.fixes import NO_DEVICE, Device, Fix, How, LastPosition
from patrols.models.points import PointsRule
from patrols.models.posts import (
    VOLUNTEERS,
    Duty,
    Force,
    MeansName,
    Member,
    Need,
    Post,
    PostKind,
    Shift,
)

__all__ = [
    "NO_DEVICE",
    "VOLUNTEERS",
    "ControlSwitch",
    "Device",
    "Duty",
    "Fix",
    "Force",
    "How",
    "LastPosition",
    "MeansName",
    "Member",
    "Need",
    "PointsRule",
    "Post",
    "PostKind",
    "Shift",
]
