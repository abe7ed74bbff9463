from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.db.backends.signals import connection_created


class GisServerConfig(AppConfig):
    name = "gis_server"

    def ready(self) -> None:
        # Web processes hand work to Celery too; `shared_task` binds to the app made there.
        from gis_server import jobs, logs  # noqa: F401, PLC0415

        logs.log_what_ends_us()
        # Django has no other way to reach every connection of every thread.
        connection_created.connect(logs.time_statements)


class StaticFiles(StaticFilesConfig):
    """Static files without what packages ship for their own developers: 21 MB of MapLibre's 23."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "*.map", "*-dev.mjs", "*.d.ts"]
