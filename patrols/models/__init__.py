"""What is stored of patrols."""

from patrols.models.control import ControlSwitch
from patrols.models.errands import (
    AboutKind,
    Checkpoint,
    CheckpointVisit,
    Errand,
    ErrandState,
    VisitHow,
)
from patrols.models.fixes import NO_DEVICE, Device, Fix, How, LastPosition
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
    "AboutKind",
    "Checkpoint",
    "CheckpointVisit",
    "ControlSwitch",
    "Device",
    "Duty",
    "Errand",
    "ErrandState",
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
    "VisitHow",
]
