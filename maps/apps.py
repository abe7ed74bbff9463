from django.apps import AppConfig
from django.core.checks import register


class MapsConfig(AppConfig):
    name = "maps"

    def ready(self) -> None:
        from grids.plans.editor.surroundings import offer_base_map  # noqa: PLC0415 - models are there by now
        from maps.base import drawing  # noqa: PLC0415 - settings are read by now
        from maps.checks import check_base_map  # noqa: PLC0415

        register(check_base_map)
        offer_base_map(drawing.config)
