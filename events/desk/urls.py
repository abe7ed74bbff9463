"""The routes of this room."""

from django.urls import URLPattern, URLResolver, path

from events.desk import api
from events.desk.files import FORMATS
from events.desk.views import bulk, downloads, entering, event, listing, saved

urlpatterns: list[URLPattern | URLResolver] = [
    path("events/", listing.desk, name="event-desk"),
    *(
        path(f"events/list.{name}", downloads.download(name), name=f"event-list-{name}")
        for name in FORMATS
    ),
    path("events/bulk/", bulk.bulk, name="event-bulk"),
    path("events/views/save/", saved.save_view, name="save-event-view"),
    path("events/views/<int:event_view_id>/", saved.change_view, name="change-event-view"),
    path("events/new/", entering.new_event, name="new-event"),
    path("events/<int:event_id>/", event.event, name="event"),
    path("events/<int:event_id>/do/<str:action>/", event.act_on, name="event-act"),
    path("events/<int:event_id>/seen/", event.seen, name="event-seen"),
    path("api/events/features/", api.features, name="event-features"),
    path("api/events/<int:event_id>/card/", api.card, name="event-card"),
]
