"""What is read of repair orders across tables; every function costs a fixed number of queries."""

from collections.abc import Iterable

from cameras.repairs.models import RepairOrder, RepairOrderCamera


def open_orders_of(camera_ids: Iterable[int]) -> dict[int, RepairOrder]:
    """The open order of each of these cameras that has one.  One query."""
    rows = RepairOrderCamera.objects.filter(camera_id__in=list(camera_ids), is_open=True)
    return {row.camera_id: row.order for row in rows.select_related("order")}
