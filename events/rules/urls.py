"""Routes of the rules of events."""

from django.urls import path

from events.rules import views

urlpatterns = [
    path("events/rules/catalogue/", views.categories, name="event-catalogue"),
    path("events/rules/catalogue/<int:category_id>/", views.category, name="event-category"),
    path(
        "events/rules/catalogue/<int:category_id>/move/",
        views.move_category,
        name="move-event-category",
    ),
    path("events/rules/deadlines/", views.deadlines, name="event-deadlines"),
    path(
        "events/rules/deadlines/<int:deadline_id>/remove/",
        views.remove_deadline,
        name="remove-event-deadline",
    ),
    path("events/rules/departments/", views.all_departments, name="event-departments"),
    path(
        "events/rules/departments/<int:department_id>/", views.department, name="event-department"
    ),
]
