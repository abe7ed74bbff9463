"""Routes of reports: the phone's page and API, photos."""

from django.urls import path

from events.reporting import api, phone

urlpatterns = [
    path("m/", phone.page, name="phone"),
    path("m/worker.js", phone.worker, name="phone-worker"),
    path("m/manifest.webmanifest", phone.manifest, name="phone-manifest"),
    path("api/events/form/", api.form, name="api-event-form"),
    path("api/events/reports/", api.reports, name="api-event-reports"),
    path("api/events/reports/batch/", api.batch, name="api-event-reports-batch"),
    path("api/events/photos/", api.upload, name="api-event-photos"),
    path("api/events/mine/", api.mine, name="api-event-tasks"),
    path("api/events/mine/<int:task_id>/<str:verb>/", api.act, name="api-event-task-act"),
    path("events/photos/<int:event_photo_id>.jpg", api.photo, name="event-photo"),
]
