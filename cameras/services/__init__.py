"""What changes cameras: the registry, the sweep, the pictures."""

from cameras.services.claims import Claim, Reach, claim, hand_back
from cameras.services.credentials import (
    WantedCredential,
    add_credential,
    change_credential,
    remove_credential,
)
from cameras.services.editing import LoginKind, LoginWanted, add_camera, camera_for, edit_camera
from cameras.services.entering import Entered, Entry, Fault, enter_roster
from cameras.services.live_tests import (
    begin_test,
    end_test,
    forget_tests,
    login_for_reading,
    login_to_try,
)
from cameras.services.logins import forget_books
from cameras.services.outages import settle_outages
from cameras.services.registry import NewCamera, register_all, set_login
from cameras.services.site_editing import WantedSite, add_site, change_site, remove_site
from cameras.services.sites import SiteRules, net_of, rules_of_camera, site_rules
from cameras.services.snapshots import (
    Job,
    expire_snapshots,
    fail_snapshot,
    finish_snapshot,
    note_login,
    request_snapshot,
    start_snapshot,
)
from cameras.services.stale import mark_stale
from cameras.services.verdicts import Finding, record
from cameras.services.watch import Beat, Told, beat, go_blind, say_farewell, see_again

__all__ = [
    "Beat",
    "Claim",
    "Entered",
    "Entry",
    "Fault",
    "Finding",
    "Job",
    "LoginKind",
    "LoginWanted",
    "NewCamera",
    "Reach",
    "SiteRules",
    "Told",
    "WantedCredential",
    "WantedSite",
    "add_camera",
    "add_credential",
    "add_site",
    "beat",
    "begin_test",
    "camera_for",
    "change_credential",
    "change_site",
    "claim",
    "edit_camera",
    "end_test",
    "enter_roster",
    "expire_snapshots",
    "fail_snapshot",
    "finish_snapshot",
    "forget_books",
    "forget_tests",
    "go_blind",
    "hand_back",
    "login_for_reading",
    "login_to_try",
    "mark_stale",
    "net_of",
    "note_login",
    "record",
    "register_all",
    "remove_credential",
    "remove_site",
    "request_snapshot",
    "rules_of_camera",
    "say_farewell",
    "see_again",
    "set_login",
    "settle_outages",
    "site_rules",
    "start_snapshot",
]
