from django.apps import AppConfig


class GisServerConfig(AppConfig):
    name = "gis_server"

    def ready(self) -> None:
        # Web processes hand work to Celery too; `shared_task` binds to the app made there.
        from gis_server import jobs  # noqa: F401, PLC0415
