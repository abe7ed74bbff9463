"""Routes of hand-over: the offline list, its files, and deliveries."""

from django.urls import path

from cameras.handover.files.formats import FORMATS
from cameras.handover.views import downloads, listing, plans, saved

urlpatterns = [
    path("repairs/", listing.offline_list, name="offline-list"),
    *(
        path(f"repairs/list.{name}", downloads.download(name), name=f"offline-list-{name}")
        for name in FORMATS
    ),
    path("repairs/views/save/", saved.save_view, name="save-view"),
    path("repairs/views/<int:view_id>/", saved.change_view, name="change-view"),
    path("repairs/handover/", plans.handover, name="handover"),
    path("repairs/handover/new/", plans.new_plan, name="new-plan"),
    path("repairs/handover/<int:plan_id>/", plans.edit_plan, name="edit-plan"),
    path("repairs/handover/<int:plan_id>/preview/", plans.preview_plan, name="preview-plan"),
    path("repairs/handover/<int:plan_id>/send/", plans.send_now, name="send-plan"),
    path("repairs/handover/<int:plan_id>/remove/", plans.remove_plan, name="remove-plan"),
    path(
        "repairs/handover/deliveries/<int:delivery_id>/again/",
        plans.send_again,
        name="send-again",
    ),
]
