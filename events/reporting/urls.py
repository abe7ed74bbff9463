"""Routes of reports: the phone's page and API, photos."""

from django.urls import path

from events.reporting import api

urlpatterns = [
    path("api/events/form/", api.form, name="api-event-form"),
    path("api/events/reports/", api.reports, name="api-event-reports"),
    path("api/events/photos/", api.upload, name="api-event-photos"),
    path("events/photos/<int:event_photo_id>.jpg", api.photo, name="event-photo"),
]
