"""What the centre asks: duty checks with their answers and silences, clocks, readings; sent, resent, given up."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from ingest.gbt26875 import frame_bytes
from ingest.gbt26875.downstream import KINDS, RequestError
from ingest.gbt26875.times import tag_of, time_of
from ingest.links import ListenService, ask
from ingest.links.exchanges import Exchanges, Order
from ingest.links.kinds import checked, kind_of, unit_of
from ingest.links.verdicts import verdict
from policy import rules
from store import Database
from tests.ingest.listening import CENTRE, T1, Panel, city, listening, operation, status, until

NOW = dt.datetime(2026, 3, 10, 4, 0, tzinfo=dt.UTC)


def wanted(db: Database, kind: str, device: str = "T1", *, at: dt.datetime | None = None, **fields: Any) -> int:
    with db.connection() as connection:
        row = connection.execute("select device_id from devices where device_no = %s", [device]).fetchone()
        assert row
        found = ask(connection, [row["device_id"]], kind, fields, actor="chief", now=at or dt.datetime.now(dt.UTC),
                    book=rules())
        return found[0]


def request(db: Database, number: int) -> dict[str, Any]:
    row = db.row("select * from gbt_requests where request_id = %s", [number])
    assert row
    return row


def over(db: Database, number: int, seconds: float = 10) -> dict[str, Any]:
    """The request when it has ended."""
    until(lambda: request(db, number)["ended_at"], seconds, "the request ends")
    return request(db, number)


def history(db: Database, number: int) -> list[str]:
    return [row["step"] for row in
            db.rows("select step from gbt_request_steps where request_id = %s order by step_id", [number])]


@pytest.fixture
def panel(db: Database) -> Iterator[tuple[Database, ListenService, Panel]]:
    """A device that is on line."""
    city(db)
    with listening(db) as service:
        service._exchanges.seconds = 0.6
        with Panel(service.tcp_port) as one:
            one.send(b"", serial=1)
            assert one.hear().command == 3
            yield db, service, one


def answer(one: Panel, asked: Any, command: int, unit: bytes = b"", serial: int | None = None) -> None:
    one.socket.sendall(frame_bytes(serial=asked.serial if serial is None else serial, command=command, unit=unit,
                                   source=asked.destination, destination=asked.source))


def test_a_duty_check_is_confirmed_by_the_device_and_answered_by_the_person(
        panel: tuple[Database, ListenService, Panel]) -> None:
    db, _, one = panel
    number = wanted(db, "duty_check", minutes=3)
    asked = one.hear()
    assert (asked.command, asked.unit, asked.source, asked.destination) == (1, bytes([91, 1, 3]), CENTRE, T1)
    answer(one, asked, 3)
    until(lambda: request(db, number)["confirmed_at"], what="the confirm is written down")
    assert request(db, number)["ended_at"] is None
    one.send(operation(1 << 5, dt.datetime.now(dt.UTC)), serial=2)
    assert one.hear().command == 3
    row = over(db, number)
    assert row["state"] == "answered"
    assert row["sent_at"] <= row["confirmed_at"] <= row["answered_at"] <= row["answer_by"]
    assert row["answer_by"] - row["sent_at"] == dt.timedelta(minutes=3, seconds=40)
    assert history(db, number) == ["asked", "sent", "confirmed", "answered"]
    assert db.row("select kind from events") == {"kind": "duty_answer"}


def test_a_post_where_nobody_presses_the_key_is_unanswered(panel: tuple[Database, ListenService, Panel]) -> None:
    db, _, one = panel
    number = wanted(db, "duty_check", minutes=1)
    answer(one, one.hear(), 3)
    until(lambda: request(db, number)["confirmed_at"], what="confirmed")
    with db.connection() as connection:
        connection.execute("""update gbt_requests set sent_at = sent_at - interval '3 minutes',
                              answer_by = answer_by - interval '3 minutes'""")
    row = over(db, number)
    assert (row["state"], row["answered_at"]) == ("unanswered", None)
    assert db.row("select is_unanswered from duty_checks") == {"is_unanswered": True}
    # A key that is pressed when the time is over changes nothing.
    one.send(operation(1 << 5, dt.datetime.now(dt.UTC)), serial=2)
    assert one.hear().command == 3
    time.sleep(1.2)
    assert request(db, number)["state"] == "unanswered"


def test_what_is_not_confirmed_is_sent_again_three_times_and_then_given_up(
        panel: tuple[Database, ListenService, Panel]) -> None:
    db, _, one = panel
    number = wanted(db, "set_clock")
    sent = [one.hear() for _ in range(4)]
    assert {frame.serial for frame in sent} == {0}
    row = over(db, number)
    assert (row["state"], row["sends"]) == ("unconfirmed", 4)
    assert history(db, number) == ["asked", "sent", "resent", "resent", "resent", "unconfirmed"]
    assert one.hear_any(1) is None


def test_a_denied_request_is_sent_again_and_ends_as_denied(panel: tuple[Database, ListenService, Panel]) -> None:
    db, service, one = panel
    service._exchanges.resends = 1
    number = wanted(db, "read_version")
    for _ in range(2):
        answer(one, one.hear(), 6)
    assert over(db, number)["state"] == "denied"


def test_the_clock_is_set_to_the_time_of_sending_in_chinas_time(panel: tuple[Database, ListenService, Panel]) -> None:
    db, _, one = panel
    number = wanted(db, "set_clock")
    asked = one.hear()
    assert asked.unit[:2] == bytes([90, 1])
    moment = time_of(asked.unit[2:])
    assert moment is not None
    assert abs((dt.datetime.now(dt.UTC) - moment).total_seconds()) < 5
    answer(one, asked, 3, serial=77)  # a device that counts on its own
    assert over(db, number)["state"] == "confirmed"


def test_a_reading_is_answered_shown_and_stored_and_serial_numbers_count_on(
        panel: tuple[Database, ListenService, Panel]) -> None:
    db, _, one = panel
    first = wanted(db, "read_status")
    asked = one.hear()
    assert (asked.command, asked.serial, asked.unit) == (4, 0, bytes([81, 1, 0]))
    answer(one, asked, 5, bytes([21, 1, 0b100]) + tag_of(dt.datetime.now(dt.UTC)))
    row = over(db, first)
    assert row["state"] == "answered"
    assert row["answer"]["objects"][0]["status"]["set"][0]["kind"] == "fault"
    until(lambda: db.row("select kind from events") == {"kind": "fault"}, what="the answer is stored")
    second = wanted(db, "read_component_status", system=1, system_address=1, address="01000200")
    asked = one.hear()
    assert (asked.command, asked.serial, asked.unit) == (4, 1, bytes([62, 1, 1, 1, 1, 0, 2, 0]))
    answer(one, asked, 5, status(2, 0x0001))
    assert over(db, second)["state"] == "answered"
    assert one.hear_any(0.3) is None  # answers are not confirmed


def test_an_answer_of_another_type_does_not_end_a_request(panel: tuple[Database, ListenService, Panel]) -> None:
    db, service, one = panel
    service._exchanges.resends = 0
    number = wanted(db, "read_clock")
    asked = one.hear()
    answer(one, asked, 5, bytes([25, 1, 2, 3]))
    assert over(db, number)["state"] == "unanswered"


def test_requests_to_one_device_go_one_after_the_other(panel: tuple[Database, ListenService, Panel]) -> None:
    db, _, one = panel
    numbers = [wanted(db, "read_status"), wanted(db, "read_clock")]
    first = one.hear()
    assert first.unit[0] == 81
    assert one.hear_any(0.3) is None
    answer(one, first, 5, bytes([21, 1, 1]) + bytes(6))
    second = one.hear()
    assert (second.unit[0], second.serial) == (88, 1)
    answer(one, second, 5, bytes([28, 1]) + tag_of(dt.datetime.now(dt.UTC)))
    assert [over(db, number)["state"] for number in numbers] == ["answered", "answered"]


def test_what_waits_is_sent_when_its_device_connects_and_not_at_all_after_its_time(db: Database) -> None:
    city(db)
    late = wanted(db, "duty_check", at=dt.datetime.now(dt.UTC) - dt.timedelta(minutes=10))
    waiting = wanted(db, "set_clock")
    with listening(db) as service:
        row = over(db, late)
        assert (row["state"], row["sends"]) == ("not_sent", 0)
        with Panel(service.tcp_port) as one:
            one.send(status(1, 1))
            commands = {one.hear().command, one.hear().command}
            assert commands == {1, 3}
        assert request(db, waiting)["state"] == "sent"


def test_a_request_to_a_datagram_device_goes_to_where_it_was_heard(db: Database) -> None:
    import socket

    city(db)
    with listening(db) as service, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(10)
        udp.connect(("127.0.0.1", service.udp_port))
        udp.send(frame_bytes(source=T1))
        udp.recv(2000)
        number = wanted(db, "duty_check")
        asked = udp.recv(2000)
        assert asked[26:30] == bytes([1, 91, 1, 5])
        udp.send(frame_bytes(serial=asked[2], command=3, source=T1))
        until(lambda: request(db, number)["confirmed_at"], what="confirmed")


def test_the_rights_of_ingest_are_enough_for_a_listener(dsn: str) -> None:
    with Database(dsn) as owner:
        city(owner)
        with owner.connection() as connection:
            connection.execute("update device_last set last_received_at = last_received_at")
        limited = psycopg.conninfo.make_conninfo(dsn, options="-c role=huoyan_ingest")
        with Database(limited) as db, listening(db) as service, Panel(service.tcp_port) as one:
            service._reception.settle_seconds = 0.0
            one.socket.sendall(frame_bytes(source=T1, sent=tag_of(NOW)))
            assert one.hear().command == 3
            one.send(status(2, 0x0002))
            assert {one.hear().command, one.hear().command} == {3, 1}
            one.source = bytes([9] * 6)
            one.send(status(2, 0x0002))
            assert one.hear().command == 3
            number = wanted(owner, "duty_check", at=dt.datetime.now(dt.UTC) - dt.timedelta(hours=1))
            assert over(owner, number)["state"] == "not_sent"
            until(lambda: owner.row("select 1 as n from gbt_links"), what="the link is shown")


def test_links_are_shown_while_they_stand(db: Database) -> None:
    city(db)
    with listening(db) as service:
        with Panel(service.tcp_port) as one:
            one.send(status(1, 1))
            one.hear()
            row = until(lambda: db.row("select * from gbt_links"), what="the link is shown")
            assert (row["transport"], row["frames"], row["bad"], row["address"]) == ("tcp", 1, 0, T1.hex())
            assert row["device_id"] is not None
            assert until(lambda: db.row("select links from gbt_listeners where links = 1"), what="counted")
        until(lambda: db.row("select count(*) as n from gbt_links") == {"n": 0}, what="the link is gone")
    assert db.row("select count(*) as n from gbt_listeners") == {"n": 0}


def test_a_clock_that_is_off_is_set_right_once_a_day(db: Database) -> None:
    city(db)
    with listening(db) as service:
        service._reception.settle_seconds = 0.0
        with Panel(service.tcp_port) as one:
            for link in range(2):
                service._reception.by_device.clear()
                one.socket.sendall(frame_bytes(source=T1, sent=tag_of(NOW), serial=link))
                for peer in service._reception.links:
                    peer.clock_asked = -1000.0
                assert one.hear().command == 3
            asked = one.hear()
            assert (asked.command, asked.unit[0]) == (1, 90)
            answer(one, asked, 3)
            assert one.hear_any(3) is None
    assert db.rows("select asked_by, kind from gbt_requests") == [{"asked_by": "system", "kind": "set_clock"}]


def test_the_history_of_requests_can_only_grow(db: Database) -> None:
    city(db)
    wanted(db, "set_clock")
    for statement in ("delete from gbt_request_steps", "update gbt_request_steps set step = 'x'"):
        with pytest.raises(psycopg.errors.RestrictViolation), db.connection() as connection:
            connection.execute(statement)  # type: ignore[call-overload]


@pytest.mark.parametrize(("kind", "given", "unit"), [
    ("duty_check", {}, "5b0107"), ("duty_check", {"minutes": 255}, "5b01ff"), ("initialise", {}, "590100"),
    ("read_system_status", {"system": 1, "system_address": 2}, "3d010102"),
    ("read_component_value", {"system": 1, "system_address": 2, "address": "0a 00 01 00"}, "3f0101020a000100"),
    ("read_operations", {"start": dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)}, "54010a05040b02011a"),
])
def test_fields_become_the_data_unit_of_the_standard(kind: str, given: dict[str, Any], unit: str) -> None:
    found = kind_of(kind)
    assert unit_of(found, checked(found, given, minutes=7)).hex() == unit


@pytest.mark.parametrize(("kind", "given", "word"), [
    ("duty_check", {"minutes": 0}, "minutes"), ("duty_check", {"minutes": True}, "minutes"),
    ("duty_check", {"minutes": 256}, "minutes"), ("read_system_status", {"system": 300, "system_address": 1}, "system"),
    ("read_system_status", {}, "system"), ("read_component_status", {"system": 1, "system_address": 1}, "address"),
    ("read_component_status", {"system": 1, "system_address": 1, "address": "xyz"}, "address"),
    ("read_operations", {"count": 103, "start": NOW}, "count"), ("read_operations", {}, "start"),
    ("read_operations", {"start": "yesterday"}, "start"), ("reboot", {}, "reboot"),
])
def test_a_request_that_cannot_be_made_is_a_sentence_that_names_the_field(
        kind: str, given: dict[str, Any], word: str) -> None:
    with pytest.raises(RequestError, match=word):
        checked(kind_of(kind), given, minutes=7)


def test_every_kind_of_the_standard_can_be_asked() -> None:
    given = {"system": 1, "system_address": 1, "address": "00000000", "start": NOW}
    assert {unit_of(kind, checked(kind, given, minutes=5))[0] for kind in KINDS.values()} == {
        *range(61, 69), 81, 84, 85, 86, 88, 89, 90, 91}


def _row(**changes: Any) -> dict[str, Any]:
    return {"state": "confirmed", "kind": "duty_check", "send_by": NOW, "sends": 1, "sent_at": NOW,
            "answer_by": NOW + dt.timedelta(minutes=5), "confirmed_at": NOW, "is_held": True, **changes}


@pytest.mark.parametrize(("row", "minutes", "is_mine", "outcome"), [
    (_row(state="waiting", sent_at=None, sends=0), -1, False, None),
    (_row(state="waiting", sent_at=None, sends=0), 1, False, "not_sent"),
    (_row(), 4, True, None), (_row(), 6, True, "unanswered"), (_row(confirmed_at=None), 6, True, "unconfirmed"),
    # Another listener has it: its own affair while it lives; no verdict on the post when it died in between.
    (_row(), 6, False, None), (_row(is_held=False), 4, False, None), (_row(is_held=False), 6, False, "interrupted"),
    (_row(is_held=False, kind="read_status"), 1, False, "interrupted"),
    (_row(is_held=False, state="sent", sends=0, sent_at=None), 1, False, "release"),
])
def test_what_becomes_of_a_request_that_nothing_is_heard_of(
        row: dict[str, Any], minutes: int, is_mine: bool, outcome: str | None) -> None:
    assert verdict(row, NOW + dt.timedelta(minutes=minutes), is_mine=is_mine, is_busy=False) == outcome


class _Way:
    serial, address, centre, shown = 65535, T1, CENTRE, "here"

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, data: bytes) -> None:
        self.sent.append(data)


def test_the_serial_number_of_the_centre_wraps_and_a_lost_link_counts_as_a_try() -> None:
    way, now = _Way(), [0.0]
    ways: list[_Way | None] = [way]
    exchanges = Exchanges(lambda _: ways[0], lambda: bytes(6), lambda: now[0], seconds=10, resends=3)
    assert exchanges.begin(Order(1, 7, "set_clock", 1, bytes([90, 1]) + bytes(6)), NOW)
    assert not exchanges.begin(Order(2, 7, "set_clock", 1, bytes([90, 1]) + bytes(6)), NOW)
    assert (way.sent[0][2:4], way.serial) == (b"\xff\xff", 0)
    ways[0] = None
    for turn in range(1, 6):
        now[0] = turn * 10.0
        exchanges.sweep(now[0], NOW)
    assert [step.step for step in exchanges.steps] == ["sent", "no_link", "no_link", "no_link", "unconfirmed"]
    assert 7 not in exchanges
