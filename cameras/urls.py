"""Routes of the cameras."""

from django.urls import path

from cameras import api, picture_api
from cameras.views import (
    credentials,
    discovery,
    edit,
    importing,
    live_test,
    one,
    reading,
    sites,
    table,
)

urlpatterns = [
    path("api/cameras.geojson", api.features, name="cameras"),
    path("api/cameras/summary/", api.summary, name="cameras-summary"),
    path("api/cameras/offline/", api.offline, name="cameras-offline"),
    path("api/cameras/outages/", api.outages, name="cameras-outages"),
    path("api/cameras/outages/<int:outage_id>/", api.outage, name="cameras-outage"),
    path("api/cameras/<int:camera_id>/", api.card, name="camera"),
    path("api/cameras/<int:camera_id>/snapshot/", api.snapshot, name="camera-snapshot"),
    path("api/cameras/rounds/", picture_api.rounds, name="picture-rounds"),
    path("api/snapshots/<int:snapshot_id>/", picture_api.snapshot, name="snapshot-facts"),
    path("api/snapshots/<int:snapshot_id>.jpg", picture_api.picture, name="snapshot"),
    path("api/snapshots/<int:snapshot_id>/thumb.jpg", picture_api.thumb, name="snapshot-thumb"),
    path("cameras/", table.table, name="camera-table"),
    path("cameras/new/", edit.new_camera, name="new-camera"),
    path("cameras/import/", importing.import_page, name="camera-import"),
    path("cameras/import/template.xlsx", importing.template, name="camera-template"),
    path("cameras/import/send/", importing.import_cameras, name="import-cameras"),
    path("cameras/discover/", discovery.discover, name="discover-cameras"),
    path("cameras/discover/run/", discovery.run_discovery, name="run-discovery"),
    path("cameras/sites/", sites.sites, name="sites"),
    path("cameras/sites/new/", sites.new_site, name="new-site"),
    path("cameras/sites/<int:site_id>/", sites.edit_site, name="edit-site"),
    path("cameras/sites/<int:site_id>/remove/", sites.remove_site, name="remove-site"),
    path("cameras/test/", live_test.live_test, name="camera-test"),
    path("cameras/logins/", credentials.credentials, name="credentials"),
    path("cameras/logins/<int:credential_id>/", credentials.credential, name="credential"),
    path(
        "cameras/logins/<int:credential_id>/remove/",
        credentials.remove_credential,
        name="remove-credential",
    ),
    path("cameras/<int:camera_id>/", one.camera, name="camera-page"),
    path("cameras/<int:camera_id>/edit/", edit.edit_camera, name="edit-camera"),
    path("cameras/<int:camera_id>/read/", reading.read_camera, name="read-camera"),
    path("cameras/<int:camera_id>/read/save/", reading.save_reading, name="save-reading"),
]
