from django.apps import AppConfig
from django.core.checks import register


class MapsConfig(AppConfig):
    name = "maps"

    def ready(self) -> None:
        from maps.checks import check_base_map  # noqa: PLC0415 - settings are read by now

        register(check_base_map)
