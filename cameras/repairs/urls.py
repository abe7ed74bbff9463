"""Routes of repair orders, teams and their rules."""

from django.urls import path

from cameras.repairs import api
from cameras.repairs.views import desk, mine, order, photos, rules, teams

urlpatterns = [
    path("repairs/orders/", desk.desk, name="repair-orders"),
    path("repairs/orders/<int:order_id>/", order.order, name="repair-order"),
    path("repairs/orders/<int:order_id>/do/<str:verb>/", order.act, name="repair-act"),
    path("repairs/orders/<int:order_id>/photos/", photos.upload, name="repair-photos"),
    path("repairs/photos/<int:photo_id>.jpg", photos.photo, name="repair-photo"),
    path("repairs/mine/", mine.mine, name="repair-mine"),
    path("repairs/teams/", teams.teams, name="repair-teams"),
    path("repairs/teams/<int:team_id>/", teams.team, name="repair-team"),
    path("repairs/teams/<int:team_id>/remove/", teams.remove_team, name="remove-team"),
    path("repairs/routing/", rules.routes, name="repair-routing"),
    path("repairs/routing/<int:rule_id>/", rules.change_route, name="change-route"),
    path("repairs/times/", rules.times, name="repair-times"),
    path("repairs/times/<int:rule_id>/remove/", rules.remove_times, name="remove-times"),
    path("api/repairs/orders/", api.orders, name="api-repair-orders"),
    path("api/repairs/orders/<int:order_id>/", api.order, name="api-repair-order"),
    path("api/repairs/orders/<int:order_id>/<str:verb>/", api.act, name="api-repair-act"),
]
