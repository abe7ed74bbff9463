"""From rows to what the engine asks: the one place where a stored password is opened."""

from datetime import datetime

from cameras.models import Camera, CameraState
from cameras.probe.budget import may_log_in
from cameras.probe.target import Login, Target
from gis_server.vault import unseal


def target_of(camera: Camera, state: CameraState, now: datetime) -> Target:
    """The stream of `camera`, with its login and whether that may be tried.

    Raises:
        Unavailable: no present key opens the stored password.
    """
    return Target(camera.host, camera.port, camera.path, login_of(camera, state, now))


def login_of(camera: Camera, state: CameraState, now: datetime) -> Login | None:
    if not camera.username or camera.sealed_password is None:
        return None
    return Login(
        camera.username,
        unseal(bytes(camera.sealed_password)),
        may_try=may_log_in(state.failed_logins, state.failed_login_at, now),
        allow_plain=camera.allow_plain_login,
    )
