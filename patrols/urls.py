"""Routes of patrols."""

from django.urls import path

from patrols import pages
from patrols.board.urls import urlpatterns as board
from patrols.errands.urls import urlpatterns as errands
from patrols.intake.urls import urlpatterns as intake
from patrols.seen.urls import urlpatterns as seen

urlpatterns = [
    path("control-levels/", pages.control_levels, name="control-levels"),
    *board,
    *errands,
    *intake,
    *seen,
]
