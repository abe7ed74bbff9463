"""What changes cameras: the registry, the sweep, the pictures."""

from cameras.services.claims import Claim, Reach, claim, hand_back, renew
from cameras.services.credentials import (
    WantedCredential,
    add_credential,
    change_credential,
    remove_credential,
)
from cameras.services.editing import LoginKind, LoginWanted, add_camera, camera_for, edit_camera
from cameras.services.entering import Entered, Entry, Fault, enter_roster
from cameras.services.judging import confirm_fault, confirm_fine
from cameras.services.live_tests import (
    begin_test,
    end_test,
    forget_tests,
    login_for_reading,
    login_to_try,
)
from cameras.services.logins import forget_books
from cameras.services.masks import save_masks
from cameras.services.outages import settle_outages
from cameras.services.picture_jobs import (
    Job,
    Kept,
    Taken,
    fail_round,
    keep_click,
    keep_round,
    prepare,
    with_pages,
)
from cameras.services.presence import (
    note_absent_pollers,
    note_store,
    picture_beat,
    takes_pictures,
)
from cameras.services.registry import NewCamera, register_all, set_login
from cameras.services.retention import drop_old_pictures, drop_strays
from cameras.services.rounds import Turn, claim_round, end_turn, hand_back_turns, hosts_in_rounds
from cameras.services.rules import rules_by_class, save_rule
from cameras.services.site_editing import WantedSite, add_site, change_site, remove_site
from cameras.services.sites import SiteRules, net_of, rules_of_camera, site_rules
from cameras.services.snapshots import (
    Wanted,
    claim_requests,
    expire_snapshots,
    fail_snapshot,
    hosts_wanted,
    note_login,
    release_requests,
    request_snapshot,
)
from cameras.services.stale import mark_stale
from cameras.services.verdicts import Finding, record
from cameras.services.viewing import forget_views, note_views
from cameras.services.watch import Beat, Told, beat, go_blind, say_farewell, see_again

__all__ = [
    "Beat",
    "Claim",
    "Entered",
    "Entry",
    "Fault",
    "Finding",
    "Job",
    "Kept",
    "LoginKind",
    "LoginWanted",
    "NewCamera",
    "Reach",
    "SiteRules",
    "Taken",
    "Told",
    "Turn",
    "Wanted",
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
    "claim_requests",
    "claim_round",
    "confirm_fault",
    "confirm_fine",
    "drop_old_pictures",
    "drop_strays",
    "edit_camera",
    "end_test",
    "end_turn",
    "enter_roster",
    "expire_snapshots",
    "fail_round",
    "fail_snapshot",
    "forget_books",
    "forget_tests",
    "forget_views",
    "go_blind",
    "hand_back",
    "hand_back_turns",
    "hosts_in_rounds",
    "hosts_wanted",
    "keep_click",
    "keep_round",
    "login_for_reading",
    "login_to_try",
    "mark_stale",
    "net_of",
    "note_absent_pollers",
    "note_login",
    "note_store",
    "note_views",
    "picture_beat",
    "prepare",
    "record",
    "register_all",
    "release_requests",
    "remove_credential",
    "remove_site",
    "renew",
    "request_snapshot",
    "rules_by_class",
    "rules_of_camera",
    "save_masks",
    "save_rule",
    "say_farewell",
    "see_again",
    "set_login",
    "settle_outages",
    "site_rules",
    "takes_pictures",
    "with_pages",
]
