"""What was refused can be listed, counted, bounded, and decoded again once the cause is mended."""

from __future__ import annotations

import datetime as dt
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ingest import quarantine
from ingest import replay as replaying
from ingest.errors import IngestError
from ingest.messages import Message
from ingest.quarantine import Quarantined
from ingest.replay import Replay, replay
from ingest.stored import Stored
from ingest.storing import BatchStore
from policy import rules
from store import Database
from tests.ingest.conftest import NOW

Store = Callable[..., Stored]
LATER = NOW + dt.timedelta(days=1)
FRAMES = Path(__file__).parent / "fixtures" / "gbt26875_frames.jsonl"


def register_n1(db: Database, kind: str = "smoke") -> None:
    """Mend the cause: until now the device N1 was unknown."""
    with db.connection() as connection:
        connection.execute("insert into devices (vendor_code, device_no, unit_id, kind) "
                           "select 'acme', 'N1', unit_id, %s from units where unit_no = 'U1'", [kind])


def test_the_same_refusal_is_counted_and_not_kept_twice(store: Store, city: Database) -> None:
    for minute in range(3):
        store(("acme/P1/telemetry", b'{"bogus": 1}'), at=NOW + dt.timedelta(minutes=minute))
    (row,) = quarantine.newest(city)
    assert (row["times"], row["received_at"]) == (3, NOW + dt.timedelta(minutes=2))


def test_quarantine_is_counted_by_vendor_and_reason(store: Store, city: Database) -> None:
    store(("acme/P1/telemetry", b'{"bogus": 1, "battery": 500}'), ("nobody/P1/telemetry", b"{}"),
          ("acme/P1/telemetry", b'{"battery": 501}'))
    assert [(row["vendor_code"], row["reason_code"], row["payloads"], row["waiting"])
            for row in quarantine.counts(city)] == [(None, "unknown_vendor", 1, 1), ("acme", "range", 2, 2),
                                                    ("acme", "unknown_metric", 1, 1)]
    assert [row["reason_code"] for row in quarantine.counts(city, vendor="acme")] == ["range", "unknown_metric"]
    assert len(quarantine.newest(city, reason="range")) == 2


def test_a_mended_cause_lets_the_payload_through_under_its_old_time_once(store: Store, city: Database) -> None:
    store(("acme/N1/event", b'{"type": "fire_alarm"}'), ("acme/N1/telemetry", b'[{"battery": 5}, {"battery": 6}]'))
    register_n1(city)
    assert replay(city, rules(), LATER) == Replay(2, 2, 0)
    assert replay(city, rules(), LATER) == Replay(0, 0, 0)
    assert city.row("select opened_at from alarms") == {"opened_at": NOW}
    assert [row["value"] for row in city.rows("select value from readings order by ts")] == [5, 6]
    # Said again although it went through: marked as waiting again, replayed again, and still stored once.
    with city.connection() as connection:
        connection.execute("update quarantine set replayed_at = null")
    assert replay(city, rules(), LATER) == Replay(2, 2, 0)
    assert city.row("select count(*) as n from readings") == {"n": 2}
    assert city.row("select count(*) as n from events") == {"n": 1}


def test_what_is_still_wrong_stays_with_its_reason(store: Store, city: Database) -> None:
    store(("acme/P1/telemetry", b'{"bogus": 1, "battery": 500, "x": [1]}'), ("acme/T1/gbt26875", b"@@ no frame"))
    before = quarantine.newest(city)
    done = replay(city, rules(), LATER)
    assert (done.tried, done.stored, done.refused) == (4, 0, 4)
    assert done.reasons == {row["reason_code"]: 1 for row in before}
    # A second look at the same payload is no second time that a device sent it.
    assert quarantine.newest(city, waiting=True) == before


def test_only_what_is_asked_for_is_replayed(store: Store, city: Database) -> None:
    store(("acme/P1/telemetry", b'{"bogus": 1}'), ("other/X1/telemetry", b'{"battery": 500}'))
    assert replay(city, rules(), LATER, vendor="other").tried == 1
    assert replay(city, rules(), LATER, reason="unknown_metric").tried == 1
    assert replay(city, rules(), LATER, vendor="acme", reason="range").tried == 0


def test_a_payload_of_which_only_the_start_was_kept_is_never_replayed(store: Store, city: Database) -> None:
    store(("acme/P1/telemetry", b'{"battery": 5}'), payload_bytes=10_000_000)
    (row,) = quarantine.newest(city)
    assert (row["reason_code"], row["payload_bytes"], row["is_cut"]) == ("too_large", 10_000_000, True)
    assert replay(city, rules(), LATER).tried == 0
    with pytest.raises(IngestError, match="nothing of that waits to be replayed; 1 payloads were cut or are too old"):
        replay(city, rules(), LATER, ids=[row["quarantine_id"]])
    store(("acme/P1/telemetry", b'{"bogus": 5}'))
    assert replay(city, rules(), LATER).cut == 1


ONE = Quarantined("t", b"x" * 100, 100, "acme", "json", "r", NOW)


def some(count: int, start: int = 0, **fields: Any) -> list[Quarantined]:
    """Refused payloads, one a second."""
    return [replace(ONE, **{"topic": f"t{n}", "received_at": NOW + dt.timedelta(seconds=n), **fields})
            for n in range(start, start + count)]


def add(db: Database, *refused: Quarantined) -> None:
    with db.connection() as connection:
        quarantine.add(connection, refused)


def trim(db: Database, **bounds: int) -> int:
    with db.connection() as connection:
        return quarantine.trim(connection, **{"rows": 10**6, "size": 10**9, **bounds})


def test_each_vendor_fills_only_its_own_share(city: Database) -> None:
    add(city, *some(10), *some(1, 90, vendor_code="other"), *some(2, 91, vendor_code=None))
    assert trim(city, rows=4, size=10_000) == 6
    assert trim(city, rows=4, size=700) == 2, "303 bytes each: the payload, its topic and reason, and 200 for the row"
    assert [row["topic"] for row in quarantine.newest(city, vendor="acme")] == ["t9", "t8"]
    assert len(quarantine.newest(city)) == 5


def test_what_has_to_go_is_summed_up_and_stays_visible(city: Database) -> None:
    add(city, *some(5), *some(5), *some(2, 86_400, reason_code="utf8", reason="the payload is not UTF-8"))
    assert trim(city, rows=2) == 5
    (held, gone) = quarantine.counts(city)
    assert (held["reason_code"], held["payloads"], held["summarised"]) == ("utf8", 2, 0)
    assert (gone["reason_code"], gone["payloads"], gone["times"], gone["summarised"], gone["summarised_times"],
            gone["summarised_bytes"], gone["oldest"], gone["newest"]) == (
        "json", 0, 0, 5, 10, 500, NOW, NOW + dt.timedelta(seconds=4))
    assert trim(city, rows=1) == 1
    days = {row["reason_code"]: row for row in quarantine.summary(city)}
    assert (days["json"]["day"], days["utf8"]["day"]) == (dt.date(2026, 3, 10), dt.date(2026, 3, 11))
    assert (days["json"]["example_topic"], days["json"]["example_reason"], bytes(days["json"]["example_payload"]),
            days["json"]["example_digest"]) == ("t0", "r", b"x" * 100, replace(ONE, topic="t0").digest.hex())
    # The next that go of the same vendor, reason and day are added to the same line.
    add(city, *some(3, 10))
    assert trim(city, rows=1) == 3
    assert [row["payloads"] for row in quarantine.summary(city, reason="json")] == [8]
    assert quarantine.summary(city, vendor="other") == []


def test_alarms_go_last_and_what_was_replayed_goes_first(city: Database) -> None:
    add(city, *some(2, topic="huoyan/v1/acme/P1/event"), *some(1, 10, topic="huoyan/v1/acme/T1/gbt26875"), *some(4, 20))
    with city.connection() as connection:
        connection.execute("update quarantine set replayed_at = now() where topic = 't23'")
    assert trim(city, rows=5) == 1
    assert quarantine.summary(city) == [], "it was stored by the replay: nothing is lost with it"
    assert trim(city, rows=2) == 3
    assert sorted(row["topic"] for row in quarantine.newest(city)) == [
        "huoyan/v1/acme/P1/event", "huoyan/v1/acme/T1/gbt26875"]
    assert [row["payloads"] for row in quarantine.summary(city)] == [3]


def test_all_together_are_bounded_at_the_cost_of_who_holds_most(city: Database) -> None:
    add(city, *some(50), *some(8, 100, vendor_code="other"), *some(2, 200, vendor_code=None))
    assert trim(city, total_rows=20) == 40
    held = Counter(row["vendor_code"] for row in quarantine.newest(city))
    assert held == {"acme": 10, "other": 8, None: 2}
    assert trim(city, total_size=313 * 10) == 10
    assert Counter(row["vendor_code"] for row in quarantine.newest(city)) == {"acme": 4, "other": 4, None: 2}


@pytest.mark.parametrize(("rows", "most", "room", "level"), [
    ([5, 5], 9, 100, 9), ([50, 8, 2], 99, 20, 10), ([50, 50], 30, 100, 30), ([50, 50], 30, 59, 29), ([], 7, 1, 7),
    ([3, 3, 3], 9, 0, 0), ([10**6], 10, 5, 5),
])
def test_the_room_of_all_is_shared_from_the_top(rows: list[int], most: int, room: int, level: int) -> None:
    usage = {str(n): (used, 0) for n, used in enumerate(rows)}
    allowed = quarantine.shares(usage, quarantine.Bounds(most, 1, room, 1))
    assert {one[0] for one in allowed.values()} <= {level}
    assert sum(min(used, level) for used in rows) <= room


def test_usage_is_counted_whoever_changes_quarantine(city: Database) -> None:
    def usage() -> dict[str, tuple[int, int]]:
        return {row["vendor_code"]: (row["rows"], row["size"]) for row in city.rows(
            "select vendor_code, sum(rows)::int as rows, sum(size)::int as size from quarantine_usage group by 1")}

    def truth() -> dict[str, tuple[int, int]]:
        return {row["vendor"]: (row["rows"], row["size"]) for row in city.rows(
            "select coalesce(vendor_code, '') as vendor, count(*)::int as rows, sum(size)::int as size from quarantine "
            "group by 1")}

    add(city, *some(20), *some(5, 100, vendor_code=None))
    add(city, *some(10))
    assert usage() == truth()
    with city.connection() as connection:
        connection.execute("update quarantine set vendor_code = 'other', reason = 'longer' where topic like 't1%'")
        connection.execute("delete from quarantine where topic = 't3'")
    trim(city, rows=8)
    assert {vendor: used for vendor, used in usage().items() if used != (0, 0)} == truth()
    for _ in range(3):
        trim(city)
    assert city.row("select count(*) as n from quarantine_usage") == {"n": len(truth())}, "folded together"


def test_a_flood_is_bounded_while_it_comes_in(city: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine.Bounds, "on", classmethod(lambda cls, day: cls(100, 10**9, 10**6, 10**9)))
    for batch in range(20):
        add(city, *some(50, batch * 50))
        (held,) = quarantine.counts(city)
        assert held["payloads"] <= 110
        assert held["payloads"] + held["summarised"] == 50 * (batch + 1)


def test_writers_that_refuse_the_same_at_once_lose_no_count(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine.Bounds, "on", classmethod(lambda cls, day: cls(60, 10**9, 100, 10**9)))
    stuck: list[BaseException] = []

    def refuse(number: int, db: Database) -> None:
        chance = random.Random(number)
        try:
            for _ in range(40):
                add(db, *(replace(ONE, topic=f"t{chance.randrange(400)}", vendor_code=chance.choice(("acme", "other")))
                          for _ in range(20)))
                trim(db, rows=60, total_rows=100)
        except psycopg.errors.DeadlockDetected as error:
            stuck.append(error)

    with Database(dsn, max_size=8) as db:
        threads = [threading.Thread(target=refuse, args=(number, db)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        trim(db, rows=60, total_rows=100)
        assert stuck == []
        told = db.row("select (select sum(times) from quarantine) + (select sum(times) from quarantine_summary) as n")
        assert told == {"n": 4 * 40 * 20}
        held = db.row("select count(*) as n from quarantine")
        assert held is not None
        assert held["n"] <= 100


def test_payloads_that_are_old_enough_are_summed_up(city: Database) -> None:
    add(city, *some(3), *some(2, 1000))
    assert quarantine.expire(city, NOW + dt.timedelta(seconds=500)) == 3
    (row,) = quarantine.counts(city)
    assert (row["payloads"], row["summarised"]) == (2, 3)
    assert quarantine.expire(city, NOW + dt.timedelta(seconds=500)) == 0


def test_what_has_no_time_of_its_own_is_replayed_under_each_time_it_came(store: Store, city: Database) -> None:
    times = [NOW + dt.timedelta(minutes=minute) for minute in (0, 10, 20)]
    for moment in times:
        store(("acme/N1/telemetry", b'{"battery": 5}'), ("acme/N1/event", b'{"type": "fire_alarm"}'), at=moment)
    # A redelivery of the broker tells nothing new, and neither does a batch that is stored again after a failure.
    store(("acme/N1/telemetry", b'{"battery": 5}'), at=times[2])
    assert [row["times"] for row in quarantine.newest(city)] == [4, 3]
    register_n1(city)
    assert replay(city, rules(), LATER) == Replay(6, 6, 0)
    assert [row["ts"] for row in city.rows("select ts from readings order by ts")] == times
    assert [row["ts"] for row in city.rows("select ts from events where kind = 'fire_alarm' order by ts")] == times
    assert replay(city, rules(), LATER) == Replay(0, 0, 0)


def test_a_redelivery_waits_under_its_first_time_of_receipt(city: Database) -> None:
    add(city, ONE)
    add(city, replace(ONE, received_at=NOW + dt.timedelta(minutes=1), redelivered=True))
    assert city.row("select receipts, times from quarantine") == {"receipts": [NOW], "times": 1}
    add(city, replace(ONE, topic="another", redelivered=True))
    assert len(quarantine.newest(city)) == 2, "what was never stored is, redelivered or not"


def test_of_many_times_the_first_and_the_newest_are_kept(city: Database) -> None:
    for start in (0, 60, 120):
        add(city, *(replace(ONE, received_at=NOW + dt.timedelta(seconds=start + n)) for n in range(60)))
    row = city.row("select receipts, times, first_received_at, received_at from quarantine")
    assert row is not None
    seconds = [(one - NOW).seconds for one in row["receipts"]]
    assert seconds == [0, *range(81, 180)]
    assert (row["times"], row["first_received_at"], row["received_at"]) == (180, NOW, NOW + dt.timedelta(seconds=179))


def test_what_is_refused_for_another_reason_now_waits_under_that_one(store: Store, city: Database) -> None:
    store(("acme/N1/telemetry", b'{"battery": 5, "bogus": 1}'))
    store(("acme/N1/telemetry", b'{"battery": 6}'), at=NOW + dt.timedelta(seconds=1))
    register_n1(city)
    assert replay(city, rules(), LATER) == Replay(2, 1, 1, reasons={"unknown_metric": 1})
    assert [row["value"] for row in city.rows("select value from readings order by ts")] == [5, 6]
    rows = {bytes(row["payload"]): row for row in quarantine.newest(city)}
    assert rows[b'{"battery": 5, "bogus": 1}']["became"] == "unknown_metric"
    waiting = [row["reason_code"] for row in quarantine.newest(city, waiting=True)]
    assert waiting == ["unknown_metric"]


def test_a_replay_comes_in_the_order_of_receipt(store: Store, city: Database) -> None:
    for minute, payload in ((2, b'{"battery": 3}'), (0, b'{"battery": 1}'), (1, b'{"battery": 2}')):
        store(("acme/N1/telemetry", payload), at=NOW + dt.timedelta(minutes=minute))
    register_n1(city)
    seen: list[bytes] = []
    real = BatchStore.store

    def store_and_note(self: BatchStore, messages: Sequence[Message]) -> Stored:
        seen.extend(message.payload for message in messages)
        return real(self, messages)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BatchStore, "store", store_and_note)
        replay(city, rules(), LATER)
    assert seen == [b'{"battery": 1}', b'{"battery": 2}', b'{"battery": 3}']


def test_a_selection_is_replayed_and_nothing_else(store: Store, city: Database) -> None:
    store(*(("acme/N1/telemetry", b'{"battery": %d}' % n) for n in range(4)))
    register_n1(city)
    rows = {bytes(row["payload"]): row["quarantine_id"] for row in quarantine.newest(city)}
    assert replay(city, rules(), LATER, ids=[rows[b'{"battery": 1}']]) == Replay(1, 1, 0)
    assert len(quarantine.newest(city, waiting=True)) == 3
    with pytest.raises(IngestError, match="pick 1 to 1000 payloads, not 0"):
        replay(city, rules(), LATER, ids=[])


def test_two_replays_at_once_are_one(store: Store, city: Database) -> None:
    store(("acme/N1/telemetry", b'{"battery": 1}'))
    register_n1(city)

    def meanwhile(tried: int, total: int) -> None:
        assert (tried, total) == (1, 1)
        with pytest.raises(IngestError, match="another replay is at work"):
            replay(city, rules(), LATER)
        assert replaying.serve(city, rules(), LATER, lambda: True) == []

    assert replay(city, rules(), LATER, progress=meanwhile).stored == 1
    assert replay(city, rules(), LATER).tried == 0, "the lock went with the replay"


def test_a_replay_asked_for_is_done_by_whoever_serves(store: Store, city: Database) -> None:
    store(("acme/N1/telemetry", b'{"battery": 1}'), ("other/X1/telemetry", b'{"battery": 500}'))
    register_n1(city)
    with city.connection() as connection:
        asked = replaying.request(connection, rules(), "admin", LATER, vendor="acme")
    assert (asked["total"], asked["cut"], asked["old"]) == (1, 0, 0)
    assert replaying.serve(city, rules(), LATER, lambda: False) == []
    assert replaying.serve(city, rules(), LATER, lambda: True) == [Replay(1, 1, 0)]
    run = replaying.find(city, asked["run_id"])
    assert run is not None
    assert (run["status"], run["requested_by"], run["tried"], run["stored"]) == ("done", "admin", 1, 1)
    assert [row["run_id"] for row in replaying.recent(city)] == [asked["run_id"]]
    assert len(quarantine.newest(city, waiting=True)) == 1
    assert replaying.find(city, 10**6) is None


def test_a_replay_that_is_stopped_goes_on_where_it_was(store: Store, city: Database,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaying, "_PIECE", 4)
    for n in range(10):
        store(("acme/N1/telemetry", b'{"battery": %d}' % n), at=NOW + dt.timedelta(seconds=n))
    store(("acme/P1/telemetry", b'{"bogus": 1}'))
    register_n1(city)
    with city.connection() as connection:
        replaying.request(connection, rules(), "admin", LATER)
    answers = iter([True, True, False, False])
    assert [one.is_done for one in replaying.serve(city, rules(), LATER, lambda: next(answers))] == [False]
    (run,) = replaying.recent(city)
    assert (run["status"], run["tried"], run["total"]) == ("running", 4, 11)
    assert replaying.serve(city, rules(), LATER, lambda: True) == [Replay(11, 10, 1, reasons={"unknown_metric": 1})]
    assert city.row("select count(*) as n from readings") == {"n": 10}


_KILLED = """
import datetime as dt, os, signal, sys
from ingest import replay as replaying
from policy import rules
from store import Database
replaying._PIECE = 7
at = int(sys.argv[2])
def note(tried, total):
    if tried >= at:
        os.kill(os.getpid(), signal.SIGKILL)
real = replaying._Run._settle
def settle(self, *all):
    if at < 0 and all[1] and all[2]["quarantine_id"] > -at:
        os.kill(os.getpid(), signal.SIGKILL)
    real(self, *all)
replaying._Run._settle = settle
with Database(sys.argv[1], max_size=2) as db:
    replaying.replay(db, rules(), dt.datetime(2026, 3, 11, tzinfo=dt.UTC), progress=note)
"""


@pytest.mark.parametrize("at", [7, 21, -1, -20])
def test_a_replay_that_is_killed_stores_nothing_twice_when_it_goes_on(store: Store, city: Database, at: int) -> None:
    """Killed after a piece (``at`` tried), or between the storing of a piece and its writing down (negative)."""
    for n in range(30):
        store(("acme/N1/telemetry", b'[{"battery": %d}, {"battery": %d}]' % (n, n + 1)),
              ("acme/N1/event", b'{"type": "fire_alarm", "point": "%d"}' % n), at=NOW + dt.timedelta(minutes=n))
    register_n1(city)
    killed = subprocess.run([sys.executable, "-c", _KILLED, city.dsn, str(at)], check=False)
    assert killed.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 20
    while not (done := replaying.serve(city, rules(), LATER, lambda: True)):
        assert time.monotonic() < deadline, "the lock of a process that is gone was not given back"
        time.sleep(0.05)
    assert (done[0].tried, done[0].stored, done[0].refused, done[0].is_done) == (60, 60, 0, True)
    assert city.row("select count(*) as n from readings") == {"n": 60}
    assert city.row("select count(*) as n from events") == {"n": 30}
    assert city.row("select count(*) as n from alarms") == {"n": 30}
    assert quarantine.newest(city, waiting=True) == []


def test_gbt_frames_are_replayed_under_the_time_at_which_they_came(store: Store, city: Database) -> None:
    frame = bytes.fromhex(json.loads(FRAMES.read_text().splitlines()[0])["hex"].replace(" ", ""))
    store(("acme/N1/gbt26875", frame), ("acme/N1/gbt26875", frame.hex().encode()))
    assert {row["reason_code"] for row in quarantine.newest(city)} == {"unknown_device"}
    register_n1(city, kind="uitd")
    done = replay(city, rules(), LATER)
    assert (done.tried, done.stored) == (2, 2)
    first = city.rows("select ts, received_at from events union all select ts, received_at from readings "
                      "union all select ts, received_at from states")
    assert all(abs(row["received_at"] - NOW) < dt.timedelta(seconds=1) for row in first)


def test_a_condition_replayed_late_is_rolled_up_for_every_day_since(store: Store, city: Database) -> None:
    store(("acme/N1/event", b'{"type": "system_off"}'))
    register_n1(city)
    with city.connection() as connection:
        connection.execute("delete from dirty_unit_days")
    replay(city, rules(), NOW + dt.timedelta(days=3))
    days = [row["day"].day for row in city.rows("select day from dirty_unit_days order by day")]
    assert days == [10, 11, 12, 13]


def test_what_came_before_the_telemetry_that_is_kept_is_not_replayed(store: Store, city: Database) -> None:
    store(("acme/N1/telemetry", b'{"battery": 1}'))
    store(("acme/N1/telemetry", b'{"battery": 2}'), at=NOW + dt.timedelta(days=100))
    register_n1(city)
    with city.connection() as connection:
        connection.execute("insert into retention_marks (relation, kept_from) values ('readings', '2026-03-01')")
    done = replay(city, rules(), NOW + dt.timedelta(days=101))
    assert done == Replay(1, 1, 0, old=1), "within the reach of the clock it could hold readings of closed days"
    assert [row["value"] for row in city.rows("select value from readings")] == [2]


@pytest.mark.parametrize(("payload", "shown"), [
    (b'{"a": 1}', '{"a": 1}'), (b"\xff\x01", "ff 01"), (b"a\nb", "61 0a 62"), ("火".encode() * 200, "火" * 119 + "…"),
])
def test_payloads_are_shown_as_text_where_they_are_text(payload: bytes, shown: str) -> None:
    assert quarantine.shown(payload) == shown


def test_a_gateways_refused_part_replays_for_its_own_device_alone(store: Store, city: Database) -> None:
    store(("acme/gateway/telemetry", json.dumps({"P1": [{"battery": 5}], "N1": [{"battery": 6}]}).encode()))
    register_n1(city)
    assert replay(city, rules(), LATER) == Replay(1, 1, 0)
    rows = city.rows("select device_no, value from readings join devices using (device_id) order by 1")
    assert [(row["device_no"], row["value"]) for row in rows] == [("N1", 6), ("P1", 5)]


@pytest.mark.parametrize("role", ["huoyan_scheduler", "huoyan_ingest"])
def test_a_replay_needs_no_right_that_its_process_has_not(store: Store, city: Database, role: str) -> None:
    frame = bytes.fromhex(json.loads(FRAMES.read_text().splitlines()[0])["hex"].replace(" ", ""))
    store(("acme/N1/telemetry", b'{"battery": 5, "door": "open", "bogus": 1}'), ("acme/N1/gbt26875", frame),
          ("acme/N1/event", b'{"type": "fire_alarm"}'), ("acme/N1/event", b'{"type": "fire_alarm", "active": false}'))
    register_n1(city)
    url = psycopg.conninfo.make_conninfo(city.dsn, options=f"-c role={role}")
    with Database(url, max_size=2) as db:
        done = replay(db, rules(), LATER)
        assert (done.tried, done.stored, done.reasons) == (4, 3, {"unknown_metric": 1})
        add(db, *some(20))
        assert trim(db, rows=5) > 0
