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
from patrols.models.seen import (
    Coverage,
    DayGround,
    Part,
    RequiredVisits,
    SeenBlock,
    StoredGround,
    Stretch,
    Visit,
)

__all__ = [
    "NO_DEVICE",
    "VOLUNTEERS",
    "ControlSwitch",
    "Coverage",
    "DayGround",
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
    "Part",
    "Post",
    "PostKind",
    "RequiredVisits",
    "SeenBlock",
    "Shift",
    "StaleTrack",
    "StoredGround",
    "Stretch",
    "Visit",
]
