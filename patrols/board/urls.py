"""Routes of the roster: posts, shifts, people, duties."""

from django.urls import path

from patrols.board import api
from patrols.board.views import members, posts, roster, rules, sheets

urlpatterns = [
    path("patrols/roster/", roster.roster, name="roster"),
    path("patrols/roster/print/", roster.print_roster, name="print-roster"),
    path("patrols/roster/file.xlsx", roster.roster_file, name="roster-file"),
    path("patrols/roster/copy/", roster.copy_roster, name="copy-roster"),
    path("patrols/roster/import/", sheets.roster_import, name="roster-import"),
    path("patrols/roster/import/send/", sheets.send_roster, name="send-roster"),
    path("patrols/posts/", posts.posts, name="patrol-posts"),
    path("patrols/posts/new/", posts.new_post, name="new-patrol-post"),
    path("patrols/posts/<int:post_id>/", posts.post, name="patrol-post"),
    path("patrols/members/", members.members, name="patrol-members"),
    path("patrols/members/new/", members.new_member, name="new-patrol-member"),
    path("patrols/members/import/", sheets.members_import, name="members-import"),
    path("patrols/members/import/send/", sheets.send_members, name="send-members"),
    path("patrols/members/of-workers/", members.members_of_workers, name="members-of-workers"),
    path("patrols/members/<int:member_id>/", members.member, name="patrol-member"),
    path("patrols/shifts/", rules.shifts, name="patrol-shifts"),
    path("patrols/shifts/<int:shift_id>/", rules.shift, name="patrol-shift"),
    path("patrols/points/", rules.points, name="patrol-points"),
    path("api/patrols/duties/", api.duties, name="api-duties"),
    path("api/patrols/duties/<int:duty_id>/", api.duty, name="api-duty"),
    path("api/patrols/people/", api.people, name="api-patrol-people"),
]
