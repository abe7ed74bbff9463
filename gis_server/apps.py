from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class GisServerConfig(AppConfig):
    name = "gis_server"

    def ready(self) -> None:
        # Web processes hand work to Celery too; `shared_task` binds to the app made there.
        from gis_server import jobs  # noqa: F401, PLC0415


class StaticFiles(StaticFilesConfig):
    """Static files without what packages ship for their own developers: 21 MB of MapLibre's 23."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "*.map", "*-dev.mjs", "*.d.ts"]
