"""What a refused login means, at whichever door.

A device that is locked after bad logins, or whose table of connections is full, says 401 as if the
password were wrong.  What tells them apart is what went before: a login that this device accepted
and that nobody has changed here is believed until it has been refused twice, the second time after
a lockout would have ended.
"""

from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome, StepResult
from cameras.probe.target import Login


def refused(login: Login, question: str, status: int) -> StepResult:
    """The verdict on a login that was sent and answered with 401 or 403."""
    said = f"{question} with the login answered {status}"
    if login.believed:
        detail = f"{said}, though the device accepted it before: locked, busy, or just changed"
        return StepResult(Reason.LOCKED, detail, LoginOutcome.REFUSED)
    if status == 401:
        return StepResult(Reason.WRONG_LOGIN, said, LoginOutcome.REFUSED)
    # The device knows this user and lets him in no further, or it bars our address.
    return StepResult(Reason.REJECTED, said, LoginOutcome.REFUSED)


def withheld(login: Login) -> StepResult:
    """The verdict while the login stays at home."""
    if login.waits:
        # Nobody knows yet whether it is right: that condemns no camera.
        detail = (
            "not sent yet: another camera of this device tries its login, or the device refused two"
            " today; asked again after that"
        )
        return StepResult(Reason.OWN_TROUBLE, detail)
    reason = Reason.LOCKED if login.believed else Reason.WRONG_LOGIN
    return StepResult(
        reason, "refused before; not tried again until it changes or the pause is over"
    )
