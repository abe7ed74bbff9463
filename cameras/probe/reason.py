"""Why a camera is as it is: the closed list.  Pure: no Django; the words for people are in
`cameras/reasons_text.py`.

A reason names what was *seen*, never a guess.  The order below is the order of the ladder.
"""

from enum import StrEnum


class Reason(StrEnum):
    """What one probe or one capture found.  Values are stored and sent: never rename one."""

    OK = "ok"

    # The monitoring side.  Says nothing about the camera, so it never condemns one.
    OWN_TROUBLE = "own_trouble"
    NOT_ALLOWED = "not_allowed"

    # The way to the camera.
    NAME_NOT_RESOLVED = "name_not_resolved"
    NO_ROUTE = "no_route"
    REFUSED = "refused"
    CONNECT_TIMEOUT = "connect_timeout"

    # The lock on the line.
    TLS_FAILED = "tls_failed"

    # The server on the camera.
    SILENT = "silent"
    HUNG_UP = "hung_up"
    NOT_RTSP = "not_rtsp"
    REJECTED = "rejected"
    BUSY = "busy"

    # The login.
    LOGIN_NEEDED = "login_needed"
    PLAIN_LOGIN_ONLY = "plain_login_only"
    WRONG_LOGIN = "wrong_login"
    LOCKED = "locked"

    # The stream.
    STREAM_NOT_FOUND = "stream_not_found"
    NO_VIDEO = "no_video"

    # The ONVIF service.  Only the clock changes a verdict, the other is evidence.
    NOT_ONVIF = "not_onvif"
    CLOCK_OFF = "clock_off"

    # The picture.
    NO_FRAME = "no_frame"
    CAPTURE_FAILED = "capture_failed"
    STORE_FAILED = "store_failed"
    NOT_STARTED = "not_started"

    # What two pictures in a row showed (`cameras.picture.faults`), from gone to subtle.
    PICTURE_LOST = "picture_lost"
    PICTURE_FLAT = "picture_flat"
    PICTURE_DARK = "picture_dark"
    PICTURE_BRIGHT = "picture_bright"
    PICTURE_LOW_CONTRAST = "picture_low_contrast"
    PICTURE_BLURRED = "picture_blurred"
    PICTURE_COLOUR_CAST = "picture_colour_cast"
    PICTURE_NOISE = "picture_noise"
    PICTURE_STRIPES = "picture_stripes"
    PICTURE_TORN = "picture_torn"
    PICTURE_FROZEN = "picture_frozen"
    PICTURE_COVERED = "picture_covered"
    PICTURE_MOVED = "picture_moved"
    PICTURE_SHAKING = "picture_shaking"

    # The state, not a probe: nobody has asked for too long.
    NOT_ASKED = "not_asked"

    @property
    def is_of_picture(self) -> bool:
        """Whether it is what a picture showed: its value is "picture_" and the fault."""
        return self.value.startswith("picture_")


SAYS_NOTHING = frozenset({Reason.OWN_TROUBLE, Reason.NOT_ALLOWED})
"""Verdicts about ourselves: they change no state; a camera that gets only these grows stale and
becomes unknown.
"""

OF_PICTURES = tuple(reason for reason in Reason if reason.is_of_picture)
DEGRADES = frozenset({Reason.CLOCK_OFF, Reason.NO_FRAME, *OF_PICTURES})
"""What is found of a camera that answers and yet wants a technician: degraded, not offline."""
