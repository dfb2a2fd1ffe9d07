"""The alarm page: what is open, newest first, and the verdict with its trace and its effect on the roll-up."""

import datetime as dt
import threading

from tests.api import district
from tests.api.conftest import House


def test_open_alarms_stand_newest_first_and_are_paged_by_key(shown: House) -> None:
    client = shown.client("administrator")
    everything = client.get("/api/v1/alarms?state=all&limit=500").json()["alarms"]
    moments = [alarm["opened_at"] for alarm in everything]
    assert moments == sorted(moments, reverse=True)
    paged, before = [], ""
    while True:
        answer = client.get(f"/api/v1/alarms?state=all&limit=4{before}").json()
        paged += answer["alarms"]
        if answer["next"] is None:
            break
        before = f"&before={answer['next']}"
    assert [alarm["alarm_id"] for alarm in paged] == [alarm["alarm_id"] for alarm in everything]


def test_filters_narrow_the_list(shown: House) -> None:
    client = shown.client("administrator")
    alarms = client.get("/api/v1/alarms?state=open&class=alarm&limit=500").json()
    assert {alarm["kind"] for alarm in alarms["alarms"]} == {"fire_alarm"}
    assert all(alarm["restored_at"] is None for alarm in alarms["alarms"])
    assert len(alarms["alarms"]) == alarms["open_alarms"]
    one = client.get("/api/v1/alarms?state=all&q=U0002").json()["alarms"]
    assert {alarm["unit_no"] for alarm in one} == {"U0002"}


def test_what_was_restored_within_the_hour_stays_in_sight(house: House) -> None:
    with house.db.connection() as connection:
        connection.execute("update alarms set restored_at = %s where alarm_id = (select max(alarm_id) from alarms)",
                           [district.NOW - dt.timedelta(hours=2)])
    alarms = house.client("administrator").get("/api/v1/alarms?limit=500").json()["alarms"]
    restored = [alarm for alarm in alarms if alarm["restored_at"] is not None]
    assert restored
    assert len(restored) < len(alarms)
    assert all(alarm["restored_at"] > "2026-12-07T01:00" for alarm in restored)


def test_a_flood_of_faults_does_not_push_a_fire_off_the_page(house: House) -> None:
    with house.db.connection() as connection:
        connection.execute("""insert into alarms (device_id, unit_id, kind, point, opened_at, received_at, last_at)
            select d.device_id, d.unit_id, 'fault', n::text, %s, now(), now()
            from devices d, generate_series(1, 80) n where d.device_no = 'D0000'""", [district.NOW])
    client = house.client("brigade")
    for state in ("now", "open"):
        first = client.get(f"/api/v1/alarms?state={state}&limit=50").json()
        kinds = [(alarm["kind"], alarm["restored_at"]) for alarm in first["alarms"]]
        fires = first["open_alarms"]
        assert fires > 0
        assert kinds[:fires] == [("fire_alarm", None)] * fires
        ids, before = [], ""
        while True:
            answer = client.get(f"/api/v1/alarms?state={state}&limit=7{before}").json()
            ids += [alarm["alarm_id"] for alarm in answer["alarms"]]
            if answer["next"] is None:
                break
            before = f"&before={answer['next']}"
        whole = client.get(f"/api/v1/alarms?state={state}&limit=500").json()["alarms"]
        assert ids == [alarm["alarm_id"] for alarm in whole]
    assert "火警" in client.get("/").text


def _alarm(house: House) -> int:
    row = house.db.row("select min(alarm_id) as id from alarms join units using (unit_id)"
                       " where area_code = '990101001' and alarms.kind = 'fire_alarm'")
    assert row
    return int(row["id"])


def test_a_verdict_is_stored_with_its_trace_and_marks_its_day(house: House) -> None:
    alarm = _alarm(house)
    with house.db.connection() as connection:
        connection.execute("delete from dirty_unit_days")
    answer = house.client("town").post(f"/api/v1/alarms/{alarm}/verdict", json={"verdict": "false", "note": "  油烟 "})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["verdict"], answer.json()["verdict_by"]) == ("false", "town")
    stored = house.db.row("select verdict_note, verdict_at from alarms where alarm_id = %s", [alarm])
    assert stored == {"verdict_note": "油烟", "verdict_at": district.NOW}
    trace = house.db.row("select actor, action, before, after from audit_log where entity = 'alarm'")
    assert trace == {"actor": "town", "action": "judge", "before": {"verdict": None, "note": None},
                     "after": {"verdict": "false", "note": "油烟"}}
    assert house.db.rows("select day from dirty_unit_days") == [{"day": district.DAY}]


def test_the_same_verdict_twice_is_refused_and_another_one_taken(house: House) -> None:
    client, alarm = house.client("brigade"), _alarm(house)
    address = f"/api/v1/alarms/{alarm}/verdict"
    assert client.post(address, json={"verdict": "confirmed"}).status_code == 200
    assert client.post(address, json={"verdict": "confirmed"}).status_code == 409
    assert client.post(address, json={"verdict": "false"}).status_code == 200
    assert client.post(address, json={"verdict": "maybe"}).status_code == 422


def test_two_people_who_judge_at_the_same_moment_leave_two_traces_in_order(house: House) -> None:
    alarm = _alarm(house)
    clients = [house.client("brigade"), house.client("town")]
    threads = [threading.Thread(target=client.post, args=[f"/api/v1/alarms/{alarm}/verdict"],
                                kwargs={"json": {"verdict": verdict}})
               for client, verdict in zip(clients, ("confirmed", "test"), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = house.db.rows("select before, after from audit_log where entity = 'alarm' order by audit_id")
    assert lines[1]["before"] == lines[0]["after"]


def test_a_foreign_alarm_can_not_be_judged(house: House) -> None:
    row = house.db.row("select min(alarm_id) as id from alarms join units using (unit_id)"
                       " where area_code like '990102%'")
    assert row
    for role in ("brigade", "officer", "town"):
        answer = house.client(role).post(f"/api/v1/alarms/{row['id']}/verdict", json={"verdict": "test"})
        assert answer.status_code == 404
    assert house.db.row("select verdict from alarms where alarm_id = %s", [row["id"]]) == {"verdict": None}


def test_a_verdict_by_page_gives_the_row_back(house: House) -> None:
    client, proof = house.browser_like("brigade")
    alarm = _alarm(house)
    part = client.post(f"/alarms/{alarm}/verdict", data={"verdict": "test", "note": "演练", "csrf": proof},
                       headers={"hx-request": "true"})
    assert part.status_code == 200
    assert "测试" in part.text
    assert "演练" in part.text
    plain = client.post(f"/alarms/{alarm}/verdict", data={"verdict": "false", "csrf": proof, "back": "//evil.example"})
    assert (plain.status_code, plain.headers["location"]) == (303, "/")
