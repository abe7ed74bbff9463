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
from patrols.models.fixes import (
    NO_DEVICE,
    Device,
    Dispute,
    Fix,
    How,
    LastPosition,
    StaleTrack,
)
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
    "AboutKind",
    "Checkpoint",
    "CheckpointVisit",
    "ControlSwitch",
    "Coverage",
    "DayGround",
    "Device",
    "Dispute",
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
    "Part",
    "PointsRule",
    "Post",
    "PostKind",
    "RequiredVisits",
    "SeenBlock",
    "Shift",
    "StaleTrack",
    "StoredGround",
    "Stretch",
    "Visit",
    "VisitHow",
]
