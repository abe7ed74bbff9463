"""What changes cameras: the registry, the sweep, the pictures."""

from cameras.services.outages import settle_outages
from cameras.services.registry import NewCamera, register_all, set_login
from cameras.services.sites import SiteRules, site_rules
from cameras.services.snapshots import (
    Job,
    expire_snapshots,
    fail_snapshot,
    finish_snapshot,
    note_login,
    request_snapshot,
    start_snapshot,
)
from cameras.services.sweep import Claim, Finding, claim, hand_back, mark_stale, record
from cameras.services.watch import Beat, Told, beat, go_blind, say_farewell, see_again

__all__ = [
    "Beat",
    "Claim",
    "Finding",
    "Job",
    "NewCamera",
    "SiteRules",
    "Told",
    "beat",
    "claim",
    "expire_snapshots",
    "fail_snapshot",
    "finish_snapshot",
    "go_blind",
    "hand_back",
    "mark_stale",
    "note_login",
    "record",
    "register_all",
    "request_snapshot",
    "say_farewell",
    "see_again",
    "set_login",
    "settle_outages",
    "site_rules",
    "start_snapshot",
]
