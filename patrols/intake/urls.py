"""Routes of the room intake."""

from django.urls import path

from patrols.intake import api
from patrols.intake.views import devices, disputes, own

urlpatterns = [
    path("patrols/devices/", devices.devices, name="patrol-devices"),
    path("patrols/devices/<int:device_id>/rotate/", devices.rotate, name="rotate-device"),
    path("patrols/devices/<int:device_id>/revoke/", devices.revoke, name="revoke-device"),
    path("patrols/me/", own.me, name="my-track"),
    path("patrols/me/dispute/", own.dispute, name="dispute-track"),
    path("patrols/me/upload/", own.upload_own, name="upload-own-track"),
    path("patrols/me/track.<str:track_kind>", own.export, name="export-own-track"),
    path("patrols/members/<int:member_id>/upload/", own.upload_for, name="upload-track"),
    path("patrols/disputes/", disputes.disputes, name="patrol-disputes"),
    path("patrols/disputes/<int:dispute_id>/", disputes.one, name="patrol-dispute"),
    path("api/patrols/me/track/", own.drawn, name="my-track-drawn"),
    path("api/patrols/fixes/", api.fixes, name="patrol-fixes"),
    path("api/patrols/tracks/", api.tracks, name="patrol-tracks"),
]
