"""From rows to what the engine asks: the one place where a stored password is opened."""

from dataclasses import replace

from cameras.models import Camera, CameraState
from cameras.probe.target import Login, Target
from gis_server.vault import unseal


def target_of(camera: Camera, state: CameraState) -> Target:
    """The stream of `camera` with its login, which may be sent nowhere yet: see
    `cameras.services.logins`.

    Raises:
        Unavailable: no present key opens the stored password.
    """
    target = target_at(camera, login_of(camera))
    return replace(target, clock_offset_s=state.clock_offset_s or 0.0)


def target_at(camera: Camera, login: Login | None) -> Target:
    """The stream of `camera`, stored or not, with this login."""
    return Target(
        camera.host,
        camera.port,
        camera.path,
        login,
        tls=camera.tls,
        onvif_port=camera.onvif_port,
    )


def login_of(camera: Camera) -> Login | None:
    """The group's login where the camera is in one, else its own; None for no login."""
    group = camera.credential
    username = group.username if group else camera.username
    token = group.sealed_password if group else camera.sealed_password
    if not username or token is None:
        return None
    return Login(
        username,
        opened(token),
        may_try=False,
        may_try_onvif=False,
        allow_plain=group.allow_plain if group else camera.allow_plain_login,
    )


def opened(token: bytes | memoryview) -> str:
    """A stored password.  Raises Unavailable."""
    return unseal(bytes(token))
