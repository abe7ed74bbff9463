from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CamerasConfig(AppConfig):
    """Cameras: the registry, their states, outages and pictures."""

    name = "cameras"
    verbose_name = _("Cameras")

    def ready(self) -> None:
        from cameras import follow, moved  # noqa: PLC0415 - models are loaded only now
        from cameras.page_parts import FIGURE, SOURCE, cameras_below  # noqa: PLC0415
        from gis_server import scopes  # noqa: PLC0415
        from gis_server.roles import Permission  # noqa: PLC0415
        from grids import page_parts  # noqa: PLC0415
        from grids.plans import moving  # noqa: PLC0415
        from grids.plans.effects import counting  # noqa: PLC0415

        page_parts.offer("cameras", Permission.SEE_CAMERAS, cameras_below)
        counting.offer("camera", SOURCE, cameras=FIGURE)
        scopes.FOLLOW.extend(one for one in follow.FOLLOW if one not in scopes.FOLLOW)
        moving.HEARD["cameras_camera"] = moved.tell
