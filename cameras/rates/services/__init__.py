"""What changes planned work and reports."""

from cameras.rates.services.work import (
    WantedWork,
    change_end,
    enter_work,
    review_work,
    withdraw_work,
)

__all__ = [
    "WantedWork",
    "change_end",
    "enter_work",
    "review_work",
    "withdraw_work",
]
