"""Routes of hand-over: the offline list, its files, and deliveries."""

from django.urls import path

from cameras.handover.files.formats import FORMATS
from cameras.handover.views import downloads, listing, saved

urlpatterns = [
    path("repairs/", listing.offline_list, name="offline-list"),
    *(
        path(f"repairs/list.{name}", downloads.download(name), name=f"offline-list-{name}")
        for name in FORMATS
    ),
    path("repairs/views/save/", saved.save_view, name="save-view"),
    path("repairs/views/<int:view_id>/", saved.change_view, name="change-view"),
]
