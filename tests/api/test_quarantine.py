"""Quarantine on the page and in REST: counted by vendor and reason, replayed when asked for, with a trace."""

from __future__ import annotations

from ingest import replay as replaying
from policy import rules
from scheduler import SchedulerService
from tests.api import district
from tests.api.conftest import House


def fill(house: House) -> None:
    """Two payloads of a device that is known now, one of which only the start was kept."""
    with house.db.connection() as connection:
        for number, payload, size in ((1, b'{"battery": 81}', 15), (2, b'{"battery": 82}', 9_000_000)):
            connection.execute(
                "insert into quarantine (received_at, topic, payload, payload_bytes, digest, vendor_code, reason_code, "
                "reason) values ('2026-12-07 01:00+00', 'huoyan/v1/anning/D0001/telemetry', %s, %s, %s, 'anning', "
                "'unknown_device', 'unknown')", [payload, size, bytes([number])])


def test_quarantine_is_counted_by_vendor_and_reason(house: House) -> None:
    fill(house)
    answer = house.client("administrator").get("/api/v1/quarantine").json()
    counts = {(row["vendor_code"], row["reason_code"]): row for row in answer["counts"]}
    assert counts["anning", "unknown_device"] | {"oldest": None, "newest": None} == {
        "vendor_code": "anning", "reason_code": "unknown_device", "payloads": 2, "times": 2, "waiting": 2, "cut": 1,
        "bytes": 9_000_015, "summarised": 0, "summarised_times": 0, "summarised_bytes": 0, "oldest": None,
        "newest": None, "example": "unknown"}
    assert counts["anning", "json"]["summarised"] == 3
    assert answer["by_reason"]["value"] == 3
    own = house.client("vendor").get("/api/v1/quarantine?vendor=other").json()
    assert {row["vendor_code"] for row in own["counts"]} == {"anning"}


def test_what_was_let_go_stays_visible_to_its_vendor(house: House) -> None:
    assert [row["payloads"] for row in house.client("vendor").get("/api/v1/quarantine/summary").json()] == [3]
    with house.db.connection() as connection:
        connection.execute("update quarantine_summary set vendor_code = 'other'")
    assert house.client("vendor").get("/api/v1/quarantine/summary?vendor=other").json() == []
    (row,) = house.client("administrator").get("/api/v1/quarantine/summary?vendor=other&reason=json").json()
    assert (row["day"], row["shown"], row["times"]) == ("2026-12-01", "{", 4)


def test_a_replay_is_asked_for_traced_and_done_by_the_scheduler(house: House) -> None:
    fill(house)
    client = house.client("administrator")
    answer = client.post("/api/v1/quarantine/replays", json={"vendor": "anning", "reason": "unknown_device"})
    assert answer.status_code == 202, answer.text
    run = answer.json()
    assert (run["status"], run["total"], run["cut"], run["tried"], run["requested_by"]) == (
        "waiting", 1, 1, 0, "administrator")
    trace = house.db.row("select actor, action, after from audit_log where entity = 'quarantine'")
    assert trace is not None
    assert (trace["actor"], trace["action"], trace["after"]["reason"]) == ("administrator", "replay", "unknown_device")
    assert 'hx-trigger="every 2s"' in client.get("/quarantine").text
    SchedulerService(house.db, lambda: district.NOW)._replay()
    done = client.get(f"/api/v1/quarantine/replays/{run['run_id']}").json()
    assert (done["status"], done["tried"], done["stored"], done["refused"]) == ("done", 1, 1, 0)
    assert client.get("/api/v1/quarantine/replays").json()[0]["run_id"] == run["run_id"]
    assert 'hx-trigger="every 2s"' not in client.get("/quarantine").text
    assert house.db.row("select value from readings where value = 81") == {"value": 81.0}
    waiting = client.get("/api/v1/quarantine?reason=unknown_device&waiting=true").json()["rows"]
    assert [row["is_cut"] for row in waiting] == [True]


def test_ticked_payloads_are_replayed_from_the_page(house: House) -> None:
    fill(house)
    row = house.db.row("select quarantine_id from quarantine where reason_code = 'unknown_device' and not is_cut")
    assert row is not None
    client, proof = house.browser_like("administrator")
    answer = client.post("/quarantine/replays", data={"csrf": proof, "ids": [row["quarantine_id"]]})
    assert answer.status_code == 303
    page = client.get(answer.headers["location"]).text
    assert "已提交第" in page
    assert replaying.serve(house.db, rules(), district.NOW, lambda: True)[0].stored == 1
    assert "勾选 1 条" in client.get("/quarantine/replays").text


def test_a_replay_of_nothing_is_refused_in_a_sentence(house: House) -> None:
    fill(house)
    client = house.client("administrator")
    answer = client.post("/api/v1/quarantine/replays", json={"reason": "nonsense"})
    assert (answer.status_code, answer.json()) == (400, {"error": "nothing of that waits to be replayed"})
    row = house.db.row("select quarantine_id from quarantine where is_cut")
    assert row is not None
    answer = client.post("/api/v1/quarantine/replays", json={"ids": [row["quarantine_id"]]})
    assert answer.json() == {"error": "nothing of that waits to be replayed; 1 payloads were cut or are too old"}
    assert client.post("/api/v1/quarantine/replays", json={"ids": list(range(1, 1002))}).status_code == 422
    assert client.get("/api/v1/quarantine/replays/999999").status_code == 404
    assert house.db.row("select count(*) as n from replay_runs where status = 'waiting'") == {"n": 0}


def test_a_page_has_no_right_to_change_quarantine_itself(house: House) -> None:
    row = house.db.row("select has_table_privilege('huoyan_api', 'quarantine', 'update') as may, "
                       "has_table_privilege('huoyan_api', 'readings', 'insert') as store, "
                       "has_table_privilege('huoyan_api', 'replay_runs', 'insert') as ask, "
                       "has_table_privilege('huoyan_scheduler', 'readings', 'insert') as replay")
    assert row == {"may": False, "store": False, "ask": True, "replay": True}


def test_storage_tells_sizes_growth_and_what_goes_next(house: House) -> None:
    with house.db.connection() as connection:
        for ago, size in ((0, 30_000_000_000), (1, 29_000_000_000), (2, 28_000_000_000)):
            connection.execute("insert into size_history values (%s::date - %s::integer, '', 0, %s)",
                               [district.DAY, ago, size])
    answer = house.client("administrator").get("/api/v1/storage").json()
    assert round(answer["growth_bytes_a_day"]) == 1_000_000_000
    assert 199 < answer["days_left"] <= 200, "200 GB allowed, this one takes megabytes"
    assert answer["server"] == "plain"
    assert {row["noun"] for row in answer["kept"]} == {"readings", "states", "events", "quarantine", "summary",
                                                       "reasons", "scores"}
    assert "readings" in {row["name"] for row in answer["tables"]}
    assert "200 天" in house.client("administrator").get("/storage").text
