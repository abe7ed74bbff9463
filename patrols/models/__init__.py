"""What is stored of patrols."""

from patrols.models.control import ControlSwitch
from patrols.models.fixes import (
    NO_DEVICE,
    Device,
    Dispute,
    Fix,
    How,
    LastPosition,
    StaleTrack,
)
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
    "Dispute",
    "Duty",
    "Fix",
    "Force",
    "How",
    "LastPosition",
    "MeansName",
    "Member",
    "Need",
    "Post",
    "PostKind",
    "Shift",
    "StaleTrack",
]
