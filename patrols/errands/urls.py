"""Routes of errands and checkpoints."""

from django.urls import path

from patrols.errands import api
from patrols.errands.views import check, checkpoints, sending

urlpatterns = [
    path("patrols/errands/", sending.errands, name="errands"),
    path("patrols/errands/send/", sending.send, name="send-errand"),
    path("patrols/errands/<int:errand_id>/withdraw/", sending.withdraw, name="withdraw-errand"),
    path("patrols/checkpoints/", checkpoints.day, name="checkpoints"),
    path("patrols/checkpoints/plan/", checkpoints.points, name="checkpoints-plan"),
    path("patrols/checkpoints/codes/", checkpoints.codes, name="checkpoint-codes"),
    path("patrols/checkpoints/<int:checkpoint_id>/", checkpoints.point, name="checkpoint"),
    path(
        "patrols/checkpoints/<int:checkpoint_id>/rotate/",
        checkpoints.rotate,
        name="rotate-checkpoint",
    ),
    path("m/check/<str:secret>/", check.check, name="check"),
    path("api/patrols/errands/", api.errands, name="api-errands"),
    path("api/patrols/errands/<int:errand_id>/withdraw/", api.withdraw, name="api-errand-withdraw"),
    path("api/patrols/nearest/", api.near, name="api-nearest"),
    path("api/patrols/phone/", api.mine, name="api-patrol-phone"),
    path(
        "api/patrols/phone/errands/<int:errand_id>/<str:verb>/",
        api.answer,
        name="api-errand-answer",
    ),
]
