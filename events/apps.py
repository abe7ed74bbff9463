from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    """Events: what is reported, who handles it, until when, and how it is counted."""

    name = "events"
    verbose_name = _("Events")

    def ready(self) -> None:
        from events import follow, moved  # noqa: PLC0415 - models are loaded only now
        from events.rounds.cells import shown_in  # noqa: PLC0415
        from gis_server import scopes  # noqa: PLC0415
        from grids.plans import moving  # noqa: PLC0415
        from grids.plans.effects import counting  # noqa: PLC0415
        from grids.plans.looking_back import past  # noqa: PLC0415
        from patrols.seen import video  # noqa: PLC0415

        scopes.FOLLOW.extend(one for one in follow.FOLLOW if one not in scopes.FOLLOW)
        if shown_in not in video.SOURCES:
            video.SOURCES.append(shown_in)
        moving.HEARD["events_event"] = moved.tell
        past.COUNTED["events"] = follow.BETWEEN
        counting.offer("event", moved.SOURCE, open_events=moved.FIGURE)
