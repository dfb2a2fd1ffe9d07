"""A group of ingest processes: who reads which session, and what becomes of one that nobody reads any more."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from ingest import seats as seating
from ingest.errors import SeatLostError
from ingest.seats import Change, Seats
from store import Database
from tests.ingest.test_service import count, options, publisher, running, wait
from tests.servers.mosquitto import Mosquitto
from tests.servers.programs import Program

PROCESS = """
import signal, sys
from ingest import IngestOptions, IngestService, group, seats
from store import Database
seats._ABANDONED_AFTER, group._DRAINED_AFTER, group._LEFT_AFTER = float(sys.argv[6]), 1.5, 1.0
with Database(sys.argv[1], max_size=4) as db:
    running = IngestService(db, IngestOptions(host=sys.argv[2], port=int(sys.argv[3]), client_id=sys.argv[4],
                                              share="g", protocol=sys.argv[5]))
    signal.signal(signal.SIGTERM, lambda *_: running.stop())
    running.run()
"""


@contextmanager
def member(folder: Path, dsn: str, broker: Mosquitto, name: str, client_id: str = "in",
           protocol: str = "5", abandoned_after: float = 1.0) -> Iterator[Program]:
    argv = [sys.executable, "-c", PROCESS, dsn, broker.host, str(broker.port), client_id, protocol,
            str(abandoned_after)]
    process = Program(argv, folder / f"{name}.log", ready=lambda: True, name=name)
    process.start()
    try:
        yield process
    finally:
        process.stop()


def seats(db: Database) -> dict[str, bool]:
    """By client id whether its session was ended."""
    return {row["client_id"]: row["ended"]
            for row in db.rows("select client_id, ended_at is not null as ended from ingest_seats where not alone")}


def stays(db: Database) -> list[str]:
    """Those of whom others know that they are subscribed."""
    return [row["client_id"] for row in db.rows(
        "select client_id from ingest_seats where not alone and not leaving order by client_id")]


def subscribed(broker: Mosquitto, client_id: str) -> bool:
    return f"{client_id} 1 $share/g/huoyan/v1/#" in broker.log


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_what_waits_for_a_member_that_was_killed_for_good_is_stored_by_another(
        protocol: str, mosquitto: Mosquitto, city: Database, tmp_path: Path) -> None:
    with ExitStack() as stack:
        first, second = (stack.enter_context(member(tmp_path, city.dsn, mosquitto, name, protocol=protocol))
                         for name in ("first", "second"))
        wait(lambda: subscribed(mosquitto, "in") and subscribed(mosquitto, "in.2"))
        first.kill()
        with publisher(mosquitto) as publish:
            for number in range(200):
                publish("acme/P1/telemetry", {"event_count": number})
                publish("acme/S1/event", {"type": "fire_alarm", "point": f"{number}F"})
        wait(lambda: count(city, "readings") == 200 and count(city, "alarms") == 200)
        wait(lambda: sorted(seats(city).values()) == [False, True])
        # Nothing is dealt to the session that was ended: all comes at once.
        with publisher(mosquitto) as publish:
            for number in range(50):
                publish("acme/S1/event", {"type": "fire_alarm", "point": f"{number}G"})
        wait(lambda: count(city, "alarms") == 250, 8)
        assert second.is_running
    assert count(city, "readings") == 200
    assert count(city, "events") == 250


def test_alarms_go_on_when_the_one_that_reads_them_is_killed_and_survive_a_broker_that_starts_again(
        mosquitto: Mosquitto, city: Database, tmp_path: Path) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(member(tmp_path, city.dsn, mosquitto, "first", "a", abandoned_after=60))
        wait(lambda: "a-alarms 1 huoyan/v1/+/+/event" in mosquitto.log)
        second = stack.enter_context(member(tmp_path, city.dsn, mosquitto, "second", "b", abandoned_after=60))
        wait(lambda: subscribed(mosquitto, "b"))
        first.kill()
        with publisher(mosquitto) as publish:
            for number in range(100):
                publish("acme/S1/event", {"type": "fire_alarm", "point": f"{number}F"})
        # Half of the general session's copies wait for a process that is dead; no alarm does.
        wait(lambda: count(city, "alarms") == 100)
        second.kill()
        time.sleep(2)  # the broker saves once a second
        mosquitto.restart()
        with publisher(mosquitto) as publish:
            for number in range(100):
                publish("acme/S1/event", {"type": "fire_alarm", "point": f"{number}G"})
        second.start()
        wait(lambda: count(city, "alarms") == 200)
    assert count(city, "events") == 200


def test_members_with_one_name_get_seats_of_their_own_and_a_new_one_takes_the_first_free(
        mosquitto: Mosquitto, city: Database, tmp_path: Path) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(member(tmp_path, city.dsn, mosquitto, "first", abandoned_after=60))
        wait(lambda: subscribed(mosquitto, "in"))
        stack.enter_context(member(tmp_path, city.dsn, mosquitto, "second", abandoned_after=60))
        wait(lambda: subscribed(mosquitto, "in.2"))
        assert seats(city) == {"in": False, "in.2": False}
        first.kill()
        first.start()
        wait(lambda: mosquitto.log.count("in 1 $share/g/huoyan/v1/#") == 2)


def test_a_member_that_is_stopped_leaves_at_once_and_the_last_one_keeps_its_subscription(
        mosquitto: Mosquitto, city: Database, tmp_path: Path) -> None:
    with ExitStack() as stack:
        names = [("first", "a"), ("second", "b"), ("third", "c")]
        processes = [stack.enter_context(member(tmp_path, city.dsn, mosquitto, *one)) for one in names]
        wait(lambda: stays(city) == ["a", "b", "c"])
        with publisher(mosquitto) as publish:
            for process in processes:
                assert process.process is not None
                process.process.send_signal(signal.SIGTERM)
            wait(lambda: not any(process.is_running for process in processes))
            # Nobody is here, and nothing is lost: exactly one session still has the subscription.
            for number in range(100):
                publish("acme/P1/telemetry", {"event_count": number})
        assert sorted(seats(city).values()) == [False, True, True]
        assert count(city, "readings") == 0
        stack.enter_context(member(tmp_path, city.dsn, mosquitto, "fourth", "d"))
        wait(lambda: count(city, "readings") == 100)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_who_joins_a_group_changes_it_or_leaves_it_gets_each_message_once(
        protocol: str, mosquitto: Mosquitto, city: Database) -> None:
    sent = 0
    for share in ("", "g", "h", ""):
        with running(city, options(mosquitto, protocol=protocol, share=share)), publisher(mosquitto) as publish:
            for number in range(10):
                publish("acme/P1/telemetry", {"event_count": number})
                publish("acme/S1/event", {"type": "fault", "point": "P", "active": bool(number % 2)})
            sent += 10
            wait(lambda least=sent: count(city, "readings") >= least)  # type: ignore[misc]
            wait(lambda: db_is_even(city))
            time.sleep(0.5)
        assert count(city, "readings") == sent
        told = city.rows("select coalesce(sum(messages), 0)::int as n from vendor_hours where form = 'event'")
        assert told == [{"n": sent}]


def db_is_even(db: Database) -> bool:
    """Whether both sessions have brought every alarm."""
    return db.rows("select from echoes where ahead <> 0") == []


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seating, "_ABANDONED_AFTER", 0.6)
    monkeypatch.setattr(seating, "_TICK", 0.1)


@contextmanager
def seated(db: Database, client_id: str = "in", share: str = "g", alarms: str = "") -> Iterator[Seats]:
    made = Seats(db, client_id, share, alarms)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def change(of: Seats) -> Change:
    return of.changes.get(timeout=20)


def test_a_seat_that_is_free_is_taken_over_ended_and_in_the_end_forgotten(quick: None, db: Database) -> None:
    with seated(db, "gone"):
        wait(lambda: seats(db) == {"gone": False})
    with seated(db) as mine:
        assert change(mine) == Change("taken", "in")
        mine.may_end_others = True
        assert change(mine) == Change("abandoned", "gone")
        mine.finished("gone", was_there=True)
        wait(lambda: seats(db)["gone"])
        time.sleep(1)
        assert mine.changes.empty()
        with db.connection() as connection:
            connection.execute("update ingest_seats set ended_at = ended_at - interval '61 s' where client_id = 'gone'")
        assert change(mine) == Change("abandoned", "gone")
        mine.finished("gone", was_there=False)
        wait(lambda: seats(db) == {"in": False})


def test_who_is_not_subscribed_yet_ends_nobody(quick: None, db: Database) -> None:
    with seated(db, "gone"):
        wait(lambda: seats(db) == {"gone": False})
    with seated(db) as mine:
        assert change(mine).what == "taken"
        time.sleep(1.5)
        assert mine.changes.empty()


def test_one_reads_the_alarms_of_a_group_and_the_next_takes_them_over_at_once(quick: None, db: Database) -> None:
    with seated(db, "a", alarms="a-alarms") as one:
        one.is_connected = True
        assert [change(one), change(one)] == [Change("taken", "a"), Change("alarms", "a-alarms")]
        with seated(db, "b", alarms="b-alarms") as other:
            assert change(other) == Change("taken", "b")
            other.is_connected = other.may_end_others = True
            time.sleep(0.5)
            assert other.changes.empty()
            fence = one.fence("a-alarms")
            one.stop()
            assert change(other) == Change("alarms", "a-alarms")
            with pytest.raises(SeatLostError), db.connection() as connection:
                fence(connection)
            # What is for alarms is never ended.
            assert change(other) == Change("abandoned", "a")


def test_who_does_not_reach_the_broker_leaves_the_alarms_to_another(quick: None, db: Database) -> None:
    with seated(db, "a", alarms="x") as one, seated(db, "b", alarms="x") as other:
        assert [change(one), change(other)] == [Change("taken", "a"), Change("taken", "b")]
        one.is_connected = True
        assert change(one) == Change("alarms", "x")
        other.is_connected = True
        one.give_up("x")
        assert change(other) == Change("alarms", "x")
        assert one.changes.empty()


def test_another_group_is_left_alone(quick: None, db: Database) -> None:
    with seated(db, "gone", "h"):
        wait(lambda: seats(db) == {"gone": False})
    with seated(db) as mine:
        assert change(mine).what == "taken"
        mine.may_end_others = True
        time.sleep(1.5)
        assert mine.changes.empty()


def test_who_has_lost_the_database_for_a_moment_keeps_its_seat(quick: None, db: Database) -> None:
    with seated(db) as mine, seated(db, "other") as other:
        assert {change(mine).client_id, change(other).client_id} == {"in", "other"}
        mine.may_end_others = other.may_end_others = True
        for _ in range(3):
            _end_connections(db)
            time.sleep(0.7)
        time.sleep(1)
        assert mine.changes.empty()
        assert other.changes.empty()
        assert seats(db) == {"in": False, "other": False}


def test_who_was_taken_for_dead_may_not_store_and_gets_another_seat(quick: None, db: Database) -> None:
    with seated(db) as mine:
        assert change(mine) == Change("taken", "in")
        fence = mine.fence("in")
        with db.connection() as connection:
            fence(connection)
        with db.connection() as connection:
            connection.execute("update ingest_seats set holder = 'another'")
        with pytest.raises(SeatLostError, match="another process has taken over the session in"), \
                db.connection() as connection:
            fence(connection)
        mine.give_up("in")
        taken = change(mine)
        assert taken.what == "taken"
        with db.connection() as connection:
            mine.fence(taken.client_id)(connection)


def test_of_those_who_leave_together_one_is_told_to_stay(quick: None, db: Database) -> None:
    with seated(db, "a") as one, seated(db, "b") as other, seated(db, "c") as third:
        assert [change(of).what for of in (one, other, third)] == ["taken"] * 3
        one.subscribed_as, other.subscribed_as, third.subscribed_as = "a", "b", "c"
        wait(lambda: stays(db) == ["a", "b", "c"])
        assert [of.may_leave() for of in (one, other, third)] == [True, True, False]


def test_who_could_not_write_down_that_it_reads_the_alarms_tries_again(
        quick: None, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seating, "_WATCH", "-c lock_timeout=300")
    with seated(db, "a", alarms="a-alarms") as mine:
        assert change(mine) == Change("taken", "a")
        with db.connection() as batch:
            batch.execute("insert into ingest_seats (client_id, share, holder, alone) values ('x', 'g', 'dead', true)")
        with db.connection() as batch:
            # The last transaction of one that was killed goes on for longer than the wait for it.
            batch.execute("select from ingest_seats where client_id = 'x' for share")
            mine.is_connected = True
            time.sleep(1.5)
        assert change(mine) == Change("alarms", "x")


def test_a_seat_that_somebody_is_ending_is_nobody_who_stays(quick: None, db: Database) -> None:
    with seated(db, "gone"):
        wait(lambda: seats(db) == {"gone": False})
    with seated(db, "a") as one, seated(db, "b") as other:
        assert [change(of).what for of in (one, other)] == ["taken"] * 2
        one.subscribed_as, other.subscribed_as = "a", "b"
        wait(lambda: stays(db) == ["a", "b"])
        one.may_end_others = True
        assert change(one) == Change("abandoned", "gone")
        assert one.may_leave()
        assert not other.may_leave()


def test_who_has_not_subscribed_yet_is_nobody_who_stays(quick: None, db: Database) -> None:
    with seated(db, "a") as one, seated(db, "b") as other:
        assert [change(of).what for of in (one, other)] == ["taken"] * 2
        one.subscribed_as = "a"
        wait(lambda: stays(db) == ["a"])
        assert not one.may_leave()
        other.subscribed_as = "b"
        wait(lambda: stays(db) == ["a", "b"])
        assert one.may_leave()


def _end_connections(db: Database) -> None:
    db.rows("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'huoyan-ingest-seats'"
            " and datname = current_database()")
