"""One's own track: seen, taken away, disputed; and who else may look at it."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from gis_server.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from gis_server.models import AuditRow, User
from gis_server.roles import Role
from patrols import uploads
from patrols.intake import disputes
from patrols.intake.taking import take
from patrols.intake.tracks import track_of
from patrols.models import Dispute, Duty, Fix, How, StaleTrack
from tests.conftest import MakeUser, SignIn
from tests.patrols.on_duty import (
    DAY,
    LON,
    NOW,
    OTHER_STREET,
    STREET,
    at,
    local,
    make_duty,
    make_member,
    walk,
)

pytestmark = pytest.mark.django_db
ME = f"/patrols/me/?day={DAY}"


@pytest.fixture(autouse=True)
def kept_long(settings: Any) -> None:
    settings.PATROL_KEPT_DAYS = 3650  # pages go by the real clock


@pytest.fixture
def walker(make_user: MakeUser) -> User:
    return make_user(Role.PATROLLER, (STREET,))


@pytest.fixture
def duty(walker: User) -> Duty:
    """Ten minutes on the way, a stay of half an hour, and what is doubted."""
    duty = make_duty(make_member(user=walker))
    end = local(9) + timedelta(seconds=600)
    still = [at(end + timedelta(seconds=s), LON + 600 * 1.1 / 87_900) for s in range(0, 1800, 30)]
    odd = [
        at(local(9.01), 0.0, 0.0), at(local(9.02), is_mock=True), at(local(9.03), accuracy_m=80.0)
    ]  # fmt: skip
    take(duty.member, None, [*walk(local(9), 600), *still, *odd], How.DEVICE, NOW)
    return duty


@pytest.fixture
def own(walker: User) -> Client:
    client = Client()
    client.force_login(walker)
    return client


def test_one_sees_ways_stays_and_what_does_not_count(own: Client, duty: Duty) -> None:
    told = own.get(f"/api/patrols/me/track/?day={DAY}").json()

    kinds = [one["properties"]["what"] for one in told["features"]]
    assert (kinds.count("way"), kinds.count("stay")) == (1, 1)
    flags = [one["properties"].get("flags") for one in told["features"]]
    assert [one for one in flags if one] == [["nowhere"], ["mock"], ["inaccurate"]]
    way = next(one for one in told["features"] if one["properties"]["what"] == "way")
    assert len(way["geometry"]["coordinates"]) == len(way["properties"]["times"])
    assert way["geometry"]["coordinates"][0] == [pytest.approx(LON, abs=1e-6), pytest.approx(37.88)]
    assert told["properties"]["fixes"] == 123
    # 590 s at 1.1 m/s, and the stay's middle.
    assert told["properties"]["length_m"] == pytest.approx(660, abs=15)


def test_the_page_shows_a_day_and_its_duties(own: Client, duty: Duty) -> None:
    text = own.get(ME).content.decode()

    assert duty.post.name in text
    assert f"/api/patrols/me/track/?day={DAY}" in text


def test_who_is_no_member_is_told_so(sign_in: SignIn) -> None:
    client = sign_in(Role.PATROLLER, (STREET,))

    assert client.get("/patrols/me/").status_code == 200
    assert client.get("/api/patrols/me/track/").status_code == 404
    assert client.get("/patrols/me/track.gpx").status_code == 404
    assert post_fixes(client, {"fixes": []}).status_code == 404


@pytest.mark.parametrize("kind", ["gpx", "csv", "geojson"])
def test_one_takes_all_that_is_kept_away(own: Client, duty: Duty, kind: str) -> None:
    answer = own.get(f"/patrols/me/track.{kind}?day={DAY}")

    assert answer.status_code == 200
    assert answer["Content-Disposition"].endswith(f'{DAY}.{kind}"')
    if kind == "csv":
        lines = answer.content.decode("utf-8-sig").splitlines()
        assert len(lines) == 124
        assert lines[0].startswith("time,lon,lat,accuracy_m")
        assert any(line.endswith("mock") for line in lines)
    else:
        # What is taken away can be read again.
        points = uploads.gpx([answer.content]) if kind == "gpx" else uploads.geojson(answer.content)
        assert sorted(points.t) == [fix.at.timestamp() for fix in Fix.objects.all()]
    assert AuditRow.objects.filter(action="track.exported").count() == 1


def test_a_day_of_nothing_is_a_file_of_nothing(own: Client, duty: Duty) -> None:
    for kind in ("gpx", "csv", "geojson"):
        assert own.get(f"/patrols/me/track.{kind}?day=2026-03-09").status_code == 200
    assert own.get("/patrols/me/track.exe").status_code == 404


def post_fixes(client: Client, body: Any) -> Any:
    return client.post("/api/patrols/fixes/", json.dumps(body), content_type="application/json")


def test_the_phone_page_sends_its_own_fixes(own: Client, duty: Duty, walker: User) -> None:
    t = local(10.5).timestamp()
    body = {"fixes": [{"t": t * 1000, "lat": 37.88, "lon": LON, "accuracy": 5, "heading": None},
                      {"t": local(20).timestamp(), "lat": 37.88, "lon": LON}]}  # fmt: skip

    answer = post_fixes(own, body | {"sender": walker.pk})

    assert answer.json() == {
        "kept": 1, "repeated": 0, "refused": [{"index": 1, "reason": "outside_duty"}],
    }  # fmt: skip
    assert Fix.objects.get(at=local(10.5)).how == How.PAGE
    assert post_fixes(own, body | {"sender": walker.pk + 1}).status_code == 409
    assert post_fixes(own, {"fixes": 1}).status_code == 422
    assert own.post("/api/patrols/fixes/", b"x" * 600_000, "application/json").status_code == 422


def dispute(walker: User, duty: Duty, **values: Any) -> Dispute:
    told: dict[str, Any] = {"begin": local(9), "end": local(9.05), "reason": "地下通道", "now": NOW}
    return disputes.dispute(by=walker, member=duty.member, **(told | values))


def test_one_disputes_and_somebody_else_decides(
    walker: User, duty: Duty, make_user: MakeUser
) -> None:
    leader = make_user(Role.STREET_LEADER, (STREET,))
    row = dispute(walker, duty)
    count = len(track_of(duty).flags)
    StaleTrack.objects.all().delete()

    decided = disputes.decide(by=leader, dispute_id=row.pk, is_upheld=True, answer="确认", now=NOW)

    assert (decided.is_upheld, decided.decided_by, decided.answer) == (True, leader, "确认")
    assert StaleTrack.objects.get().since == row.begin
    assert len(track_of(duty).flags) < count
    assert Fix.objects.count() == 123, "nothing is deleted"
    assert list(AuditRow.objects.values_list("action", flat=True)) == [
        "track.decided", "track.disputed",
    ] or AuditRow.objects.filter(action__startswith="track.").count() == 2  # fmt: skip


def test_what_is_rejected_counts_on(walker: User, duty: Duty, make_user: MakeUser) -> None:
    row = dispute(walker, duty)
    StaleTrack.objects.all().delete()
    leader = make_user(Role.STREET_LEADER, (STREET,))

    disputes.decide(by=leader, dispute_id=row.pk, is_upheld=False, answer="否", now=NOW)

    assert len(track_of(duty).flags) == 123
    assert not StaleTrack.objects.exists()
    with pytest.raises(Conflict):
        disputes.decide(by=leader, dispute_id=row.pk, is_upheld=True, answer="是", now=NOW)


@pytest.mark.parametrize(
    "values",
    [
        {"reason": "  "}, {"reason": "x" * 201}, {"reason": "\0"}, {"end": local(9)},
        {"end": local(13)}, {"begin": local(-30)}, {"begin": local(1), "end": local(2)},
    ],
)  # fmt: skip
def test_a_dispute_needs_a_reason_and_a_time_within_an_own_duty(
    walker: User, duty: Duty, values: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        dispute(walker, duty, **values)


def test_nobody_disputes_for_others_or_decides_for_themselves(
    walker: User, duty: Duty, make_user: MakeUser
) -> None:
    leader, other = (
        make_user(Role.STREET_LEADER, (STREET,)),
        make_user(Role.STREET_LEADER, (OTHER_STREET,)),
    )
    with pytest.raises(NotAllowed):
        dispute(leader, duty)
    row = dispute(walker, duty)

    with pytest.raises(NotFound):
        disputes.decide(by=other, dispute_id=row.pk, is_upheld=True, answer="是", now=NOW)
    assert not disputes.disputes_of(other).exists()
    assert list(disputes.disputes_of(leader)) == [row]

    duty.member.user = leader
    duty.member.save()
    with pytest.raises(NotAllowed):
        disputes.decide(by=leader, dispute_id=row.pk, is_upheld=True, answer="是", now=NOW)


def test_the_pages_of_a_dispute(own: Client, duty: Duty, sign_in: SignIn) -> None:
    sent = {"day": str(DAY), "begin": "09:00", "end": "09:03", "reason": "<i>tunnel</i>"}
    assert own.post("/patrols/me/dispute/", sent).status_code == 302
    assert own.post("/patrols/me/dispute/", sent | {"end": ""}).status_code == 422
    row = Dispute.objects.get()
    leader = sign_in(Role.STREET_LEADER, (STREET,))

    assert "&lt;i&gt;tunnel" in leader.get("/patrols/disputes/").content.decode()
    page = f"/patrols/disputes/{row.pk}/"
    assert leader.get(page).status_code == 200
    assert leader.post(page, {"upheld": "yes", "answer": ""}).status_code == 422
    assert leader.post(page, {"upheld": "yes", "answer": "ok"}).status_code == 302
    assert own.get(ME).content.decode().count("&lt;i&gt;tunnel") == 1
    assert sign_in(Role.STREET_LEADER, (OTHER_STREET,)).get(page).status_code == 404


def test_whoever_looks_at_somebody_s_track_is_noted(duty: Duty, sign_in: SignIn) -> None:
    leader = sign_in(Role.STREET_LEADER, (STREET,))

    told = leader.get(f"/api/patrols/tracks/?duty={duty.pk}").json()

    assert told["properties"]["fixes"] == 123
    note = AuditRow.objects.get(action="track.seen")
    assert (note.subject, note.scope) == (duty.member.number, duty.post.scope_code)


def test_a_track_is_seen_by_whoever_reaches_its_post_and_no_other(
    duty: Duty, sign_in: SignIn
) -> None:
    address = f"/api/patrols/tracks/?duty={duty.pk}"

    assert sign_in(Role.STREET_LEADER, (OTHER_STREET,)).get(address).status_code == 404
    assert sign_in(Role.GRID_WORKER, (STREET,)).get(address).status_code == 403
    leader = sign_in(Role.STREET_LEADER, (STREET,))
    for wrong in ("", "?duty=x", "?duty=99999999999", f"?duty={duty.pk + 1}"):
        assert leader.get(f"/api/patrols/tracks/{wrong}").status_code in (404, 422)
    assert leader.get(f"{address}&dispute=-1").status_code == 422


def test_of_a_disputed_time_only_duties_in_reach_are_seen(
    walker: User, duty: Duty, sign_in: SignIn
) -> None:
    elsewhere = make_duty(
        duty.member, begins=local(9.04).time(), ends=local(10).time(), code=f"{OTHER_STREET}001"
    )
    Fix.objects.filter(at__gte=local(9.04)).update(duty_id=elsewhere.pk)
    row = dispute(walker, duty)

    told = sign_in(Role.STREET_LEADER, (STREET,)).get(f"/api/patrols/tracks/?dispute={row.pk}")

    assert told.json()["properties"]["fixes"] == Fix.objects.filter(duty_id=duty.pk).count()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_is_told_that_the_other_was_first(
    make_user: MakeUser,
) -> None:
    walker = make_user(Role.PATROLLER, (STREET,))
    duty = make_duty(make_member(user=walker))
    row = dispute(walker, duty)
    leader = make_user(Role.STREET_LEADER, (STREET,))
    barrier, outcomes = threading.Barrier(2), []

    def decide(is_upheld: bool) -> None:
        barrier.wait(10)
        try:
            disputes.decide(by=leader, dispute_id=row.pk, is_upheld=is_upheld, answer="-", now=NOW)
            outcomes.append("")
        except DomainError as error:
            outcomes.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=[one]) for one in (True, False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(outcomes) == ["", "Conflict"]
