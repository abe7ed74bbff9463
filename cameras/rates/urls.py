"""Routes of this room."""

from django.urls import path

from cameras.rates.views import work

urlpatterns = [
    path("repairs/work/", work.work_list, name="work-list"),
    path("repairs/work/new/", work.new_work, name="new-work"),
    path("repairs/work/<int:work_id>/", work.work, name="work"),
    path("repairs/work/<int:work_id>/end/", work.end_work, name="end-work"),
    path("repairs/work/<int:work_id>/withdraw/", work.withdraw_work, name="withdraw-work"),
    path("repairs/work/<int:work_id>/review/", work.review_work, name="review-work"),
]
