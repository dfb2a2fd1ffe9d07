"""GB/T 26875.3 over TCP and UDP: confirmed after the commit, denied, resent, bounded, and whose it is."""

from __future__ import annotations

import datetime as dt
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.errors import IngestError
from ingest.gbt26875 import Frame, find_frames, frame_bytes
from ingest.links import ListenOptions, ListenService
from ingest.replay import replay
from policy import rules
from store import Database
from tests.ingest.listening import CENTRE, T1, T2, Panel, city, listening, operation, status, until

FRAMES = [json.loads(line) for line in
          (Path(__file__).parent / "fixtures" / "gbt26875_frames.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture
def centre(db: Database) -> Iterator[tuple[Database, ListenService]]:
    city(db)
    with listening(db) as service:
        yield db, service


def events(db: Database) -> list[tuple[str, str, bool]]:
    return [(row["kind"], row["point"], row["active"])
            for row in db.rows("select kind, point, active from events order by received_at, kind")]


def test_a_fire_is_stored_when_its_confirm_arrives(centre: tuple[Database, ListenService]) -> None:
    db, service = centre
    with Panel(service.tcp_port) as panel:
        panel.send(status(2, 0x0002), serial=513)
        confirm = panel.hear()
        assert events(db) == [("fire_alarm", "1/1/42/1-1", True)]
        assert (confirm.command, confirm.serial, confirm.unit) == (3, 513, b"")
        assert (confirm.source, confirm.destination) == (CENTRE, T1)
        assert db.row("select count(*) as n from alarms where restored_at is null") == {"n": 1}


def test_frames_in_pieces_and_several_in_one_piece_are_each_confirmed(centre: tuple[Database, ListenService]) -> None:
    db, service = centre
    with Panel(service.tcp_port) as panel:
        whole = b"".join(panel.frame(status(2, 0x0002, point=n), serial=n) for n in range(1, 6))
        panel.socket.sendall(whole[:70])
        time.sleep(0.1)
        panel.socket.sendall(whole[70:-1])
        time.sleep(0.1)
        panel.socket.sendall(whole[-1:])
        assert [panel.hear().serial for _ in range(5)] == [1, 2, 3, 4, 5]
    assert len(events(db)) == 5


def test_one_link_may_carry_frames_of_several_devices(centre: tuple[Database, ListenService]) -> None:
    db, service = centre
    with Panel(service.tcp_port) as panel:
        panel.send(status(1, 0x0002), serial=1)
        panel.source = T2
        panel.send(status(1, 0x0004), serial=2)
        assert {panel.hear().destination, panel.hear().destination} == {T1, T2}
    rows = db.rows("select device_no, e.kind from events e join devices using (device_id) order by 1")
    assert [(row["device_no"], row["kind"]) for row in rows] == [("T1", "fire_alarm"), ("T2", "fault")]


def test_a_wrong_sum_is_denied_and_kept_in_quarantine_and_the_next_frame_is_heard(
        centre: tuple[Database, ListenService]) -> None:
    db, service = centre
    with Panel(service.tcp_port) as panel:
        panel.send(b"")
        assert panel.hear().command == 3
        damaged = bytearray(panel.frame(status(2, 0x0002), serial=7))
        damaged[-3] ^= 0xFF
        panel.socket.sendall(damaged + panel.frame(status(2, 0x0002), serial=8))
        denied, confirmed = panel.hear(), panel.hear()
        assert (denied.command, denied.serial, denied.unit) == (6, 7, b"")
        assert (confirmed.command, confirmed.serial) == (3, 8)
    rows = db.rows("select reason_code, vendor_code, payload from quarantine")
    assert [(row["reason_code"], row["vendor_code"], bytes(row["payload"])) for row in rows] == [
        ("gbt_checksum", "acme", bytes(damaged))]


def test_short_noise_of_a_known_device_leaves_no_frame_beside_it_unconfirmed(
        centre: tuple[Database, ListenService]) -> None:
    db, service = centre
    with Panel(service.tcp_port) as panel:
        panel.send(b"")
        assert panel.hear().command == 3
        panel.socket.sendall(b"+++AT\r\n" + panel.frame(status(2, 0x0002), serial=7) + b"\r\n"
                             + panel.frame(status(2, 0x0002, point=2), serial=8))
        assert [panel.hear().serial, panel.hear().serial] == [7, 8]
    rows = db.rows("select vendor_code, payload from quarantine order by payload")
    assert [(row["vendor_code"], bytes(row["payload"])) for row in rows] == [("acme", b"\r\n"), ("acme", b"+++AT\r\n")]


def test_noise_of_a_sender_known_by_its_peer_is_kept_under_its_device(db: Database) -> None:
    city(db)
    with db.connection() as connection:
        connection.execute("""update devices set settings = '{"gbt26875": {"peer": "127.0.0.1"}}'
                              where device_no = 'T2'""")
    with listening(db) as service, Panel(service.tcp_port) as panel:
        panel.socket.sendall(b"AT+CSQ\r\n")
        row = until(lambda: db.row("select vendor_code, topic from quarantine"), what="the bytes are kept")
    assert (row["vendor_code"], row["topic"]) == ("acme", "huoyan/v1/acme/T2/gbt26875")


def test_a_device_that_loops_on_denies_is_not_denied(centre: tuple[Database, ListenService]) -> None:
    db, service = centre
    with Panel(service.tcp_port, bytes.fromhex("0A0B0C0D0E0F")) as panel:
        damaged = bytearray(panel.frame(status(2, 0x0002), serial=7))
        damaged[-3] ^= 0xFF
        panel.socket.sendall(damaged)
        assert panel.hear_any(0.5) is None
    until(lambda: db.row("select 1 as n from quarantine"), what="the bytes are kept")


def test_heartbeats_and_hellos_are_answered_at_once_and_keep_the_device_alive(
        centre: tuple[Database, ListenService]) -> None:
    db, service = centre
    with Panel(service.tcp_port) as panel:
        panel.send(b"", serial=3)
        beat = panel.hear(1)
        panel.send(b"\x16", serial=4)
        hello = panel.hear(1)
        assert (beat.command, beat.serial, beat.unit) == (3, 3, b"")
        assert (hello.command, hello.serial, hello.unit) == (3, 4, b"\x17")
        panel.socket.sendall(b"TD001")
        panel.socket.settimeout(2)
        assert panel.socket.recv(10) == b"OK!"
    row = until(lambda: db.row("select last_received_at from device_last"), what="the device is heard")
    assert dt.datetime.now(dt.UTC) - row["last_received_at"] < dt.timedelta(seconds=20)
    assert events(db) == []
    assert db.row("select 1 as n from quarantine") is None


def test_a_packet_sent_again_is_confirmed_again_and_stored_once(centre: tuple[Database, ListenService]) -> None:
    db, service = centre
    with Panel(service.tcp_port) as panel:
        for _ in range(2):
            panel.send(operation(1 << 0), serial=9)
            panel.send(operation(1 << 0), serial=9)
            assert [panel.hear().serial, panel.hear().serial] == [9, 9]
        assert [(kind, active) for kind, _, active in events(db)] == [("reset", True)]
        # The same bytes are news when something else was said in between.
        panel.send(status(1, 0x0002), serial=9)
        panel.send(status(1, 0x0001), serial=9)
        panel.send(status(1, 0x0002), serial=9)
        assert [panel.hear().serial for _ in range(3)] == [9, 9, 9]
    assert [(kind, active) for kind, _, active in events(db)][1:] == [
        ("fire_alarm", True), ("fire_alarm", False), ("fire_alarm", True)]


def test_a_packet_sent_again_over_a_new_link_is_stored_once(centre: tuple[Database, ListenService]) -> None:
    db, service = centre
    for _ in range(2):
        with Panel(service.tcp_port) as panel:
            panel.send(status(2, 0x0002), serial=9)
            assert panel.hear().command == 3
    assert len(events(db)) == 1


def test_a_device_that_sends_and_half_closes_gets_its_confirm_before_the_end(
        centre: tuple[Database, ListenService]) -> None:
    db, service = centre
    with Panel(service.tcp_port) as panel:
        panel.send(status(2, 0x0002), serial=11)
        panel.socket.shutdown(socket.SHUT_WR)
        assert panel.hear().serial == 11
        assert panel.is_closed()
    assert len(events(db)) == 1


def test_a_device_unknown_is_confirmed_and_its_frames_wait_in_quarantine(
        centre: tuple[Database, ListenService]) -> None:
    db, service = centre
    with Panel(service.tcp_port, bytes([9] * 6)) as panel:
        raw = panel.send(status(2, 0x0002), serial=1)
        assert panel.hear().command == 3
    row = db.row("select * from quarantine")
    assert row
    assert (row["reason_code"], row["vendor_code"], bytes(row["payload"])) == ("unknown_device", None, raw)
    assert "09 09 09 09 09 09" in row["reason"]
    assert row["topic"] == f"gbt26875/tcp/{service.tcp_port}/127.0.0.1/090909090909"


def test_a_flood_of_unknown_frames_is_neither_stored_nor_confirmed(db: Database) -> None:
    city(db)
    with listening(db, refused_minute=5) as service, Panel(service.tcp_port, bytes([9] * 6)) as panel:
        for serial in range(40):
            panel.send(status(2, 0x0002, point=serial), serial=serial)
        heard = 0
        while panel.hear_any(0.5) is not None:
            heard += 1
        assert heard == 5
    assert db.row("select count(*) as n from quarantine") == {"n": 5}


def test_a_device_that_is_registered_now_is_known_within_seconds(centre: tuple[Database, ListenService]) -> None:
    db, service = centre
    with Panel(service.tcp_port, bytes([9] * 6)) as panel:
        panel.send(status(1, 0x0002), serial=1)
        assert panel.hear().command == 3
        with db.connection() as connection:
            connection.execute("""insert into devices (vendor_code, device_no, unit_id, kind, settings)
                select 'acme', 'NEW', unit_id, 'uitd', '{"gbt26875": {"address": "090909090909"}}'
                from units where unit_no = 'U1'""")

        def is_stored() -> bool:
            panel.send(status(1, 0x0002), serial=1)
            panel.hear()
            return bool(events(db))

        until(is_stored, 5, "the device is known")


def test_vendor_types_and_commands_are_confirmed_and_reserved_commands_denied(
        centre: tuple[Database, ListenService]) -> None:
    db, service = centre
    with Panel(service.tcp_port) as panel:
        panel.send(bytes([200, 1, 7, 7]), serial=1)
        assert panel.hear().command == 3
        panel.send(b"", serial=2, command=0xFE)
        assert panel.hear().command == 3
        panel.send(status(1, 2), serial=3, command=77)
        assert panel.hear().command == 6
    assert [kind for kind, *_ in events(db)] == ["vendor_data"]
    until(lambda: db.row("select 1 as n from quarantine where reason_code = 'gbt_unit'"), what="the command is kept")


def test_what_a_centre_would_send_is_not_answered(centre: tuple[Database, ListenService]) -> None:
    db, service = centre
    with Panel(service.tcp_port) as panel:
        panel.send(bytes([91, 1, 5]), serial=1, command=1)
        panel.send(bytes([81, 1, 0]), serial=2, command=4)
        assert panel.hear_any(0.4) is None
    assert events(db) == []


def test_published_frames_come_out_as_over_mqtt(db: Database) -> None:
    city(db)
    valid = [frame for frame in FRAMES if frame["checksum_ok"]]
    raws = [bytes.fromhex(frame["hex"]) for frame in valid]
    with db.connection() as connection:
        connection.execute("""update devices set settings = '{"gbt26875": {"peer": "127.0.0.1"}}'
                              where device_no = 'T1'""")
    with listening(db) as service, Panel(service.tcp_port) as panel:
        panel.socket.sendall(b"".join(raws))
        wanted = sum(1 for raw in raws if raw[26] == 2 or raw[26] >= 128)
        assert [panel.hear().command for _ in range(wanted)].count(3) == wanted
    assert db.row("select 1 as n from quarantine") is None
    assert "fire_alarm" in [kind for kind, *_ in events(db)]


def test_datagrams_are_confirmed_to_their_sender_also_as_hex(centre: tuple[Database, ListenService]) -> None:
    db, service = centre
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(10)
        udp.connect(("127.0.0.1", service.udp_port))
        raw = frame_bytes(serial=5, unit=status(2, 0x0002), source=T1, destination=CENTRE)
        udp.send(raw)
        assert [frame.serial for frame in find_frames(udp.recv(2000)) if isinstance(frame, Frame)] == [5]
        assert len(events(db)) == 1
        udp.send(frame_bytes(serial=6, unit=status(2, 0x0000), source=T1).hex().encode())
        assert [frame.serial for frame in find_frames(udp.recv(2000)) if isinstance(frame, Frame)] == [6]
        udp.send(b"TD1")
        assert udp.recv(100) == b"OK!"
        udp.send(b"")
        udp.send(b"no frame at all")
    assert events(db)[-1][2] is False
    until(lambda: db.row("select count(*) as n from quarantine") == {"n": 2}, what="the noise is kept")


@contextmanager
def _only(db: Database, settings: str, **options: object) -> Iterator[ListenService]:
    city(db)
    with db.connection() as connection:
        connection.execute("update devices set settings = %s::jsonb where device_no = 'T1'", [settings])
    with listening(db, **options) as service:
        yield service


def test_a_device_known_by_its_peer_needs_no_address_and_cannot_speak_for_another(db: Database) -> None:
    with (_only(db, '{"gbt26875": {"peer": "127.0.0.2"}}') as service,
          Panel(service.tcp_port, bytes(6), local="127.0.0.2") as panel):
        panel.send(status(1, 0x0002), serial=1)
        assert panel.hear().command == 3
        panel.source = T2  # another device's address, from a peer that is one device's own
        panel.send(status(1, 0x0004), serial=2)
        assert panel.hear().command == 3
    rows = db.rows("select distinct device_no from events join devices using (device_id)")
    assert [row["device_no"] for row in rows] == ["T1"]


def test_a_device_that_names_its_peer_is_refused_from_elsewhere(db: Database) -> None:
    with _only(db, '{"gbt26875": {"address": "640000000000", "peer": "127.0.0.2"}}') as service:
        with Panel(service.tcp_port) as panel:
            panel.send(status(1, 0x0002), serial=1)
            assert panel.hear().command == 3
        row = db.row("select reason_code, reason from quarantine")
        assert row
        assert row["reason_code"] == "unknown_device"
        assert "may not send from 127.0.0.1" in row["reason"]
        with Panel(service.tcp_port, local="127.0.0.2") as panel:
            panel.send(status(1, 0x0002), serial=1)
            assert panel.hear().command == 3
    assert len(events(db)) == 1


def test_a_half_frame_is_given_up_after_its_time_and_what_follows_a_damaged_length_is_heard(db: Database) -> None:
    city(db)
    with listening(db, half_frame_seconds=1) as service:
        with Panel(service.tcp_port) as panel:
            panel.socket.sendall(panel.frame(status(2, 0x0002))[:40])
            assert panel.is_closed(4)
        with Panel(service.tcp_port) as panel:
            damaged = bytearray(panel.frame(b"", serial=1))
            damaged[24:26] = (1000).to_bytes(2, "little")
            panel.socket.sendall(damaged + panel.frame(status(2, 0x0002), serial=2))
            assert panel.hear(5).serial == 2
            panel.send(b"", serial=3)
            assert panel.hear().serial == 3


def test_a_byte_at_a_time_does_not_hold_a_link_open(db: Database) -> None:
    city(db)
    with listening(db, half_frame_seconds=1) as service, Panel(service.tcp_port) as panel:
        raw = panel.frame(bytes([200, 1]) + bytes(900))
        closed = False
        for byte in raw:
            try:
                panel.socket.sendall(bytes([byte]))
            except ConnectionError:
                closed = True
                break
            time.sleep(0.02)
        assert closed or panel.is_closed(1)


def test_a_silent_link_is_closed_and_limits_hold_for_all_and_for_one_address(db: Database) -> None:
    city(db)
    with listening(db, links=3, peer_links=2, idle_seconds=1) as service:
        first, second = Panel(service.tcp_port), Panel(service.tcp_port)
        with Panel(service.tcp_port) as third:
            assert third.is_closed(2)
        with Panel(service.tcp_port, local="127.0.0.2") as other, Panel(service.tcp_port, local="127.0.0.3") as last:
            other.send(b"")
            assert other.hear().command == 3
            assert last.is_closed(2)
        assert first.is_closed(8)
        assert second.is_closed(1)
        first.close()
        second.close()


def test_noise_ends_a_link(db: Database) -> None:
    city(db)
    with listening(db) as service, Panel(service.tcp_port) as panel:
        panel.socket.sendall(b"@@" * 50_000)
        assert panel.is_closed(5)


def test_who_does_not_read_is_cut_off(db: Database) -> None:
    city(db)
    with listening(db) as service, Panel(service.tcp_port) as panel:
        panel.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with pytest.raises((ConnectionError, TimeoutError)):
            panel.socket.sendall(panel.frame(b"") * 1_000_000)


def test_frames_in_hand_are_stored_and_confirmed_when_the_listener_is_stopped(db: Database) -> None:
    city(db)
    with listening(db, linger_ms=500) as service:
        panel = Panel(service.tcp_port)
        for serial in range(20):
            panel.send(status(2, 0x0002, point=serial), serial=serial)
        until(lambda: len(service._intake) == 20, what="all were heard")
    assert [panel.hear().serial for _ in range(20)] == list(range(20))
    assert panel.is_closed(1)
    panel.close()
    assert len(events(db)) == 20


def test_a_port_that_is_taken_is_a_sentence(db: Database) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        service = ListenService(db, ListenOptions(host="127.0.0.1", tcp_port=port, udp_port=0))
        # On a thread of its own: a browser of another test may hold this one's event loop.
        with (pytest.raises(IngestError, match=f"TCP port {port} on 127.0.0.1 can't be used"),
              ThreadPoolExecutor(1) as thread):
            thread.submit(service.run).result(60)


@pytest.mark.parametrize("wrong", [{"tcp_port": 0, "udp_port": 0}, {"links": 0}, {"tcp_port": 70000}])
def test_options_that_make_no_sense_are_a_sentence(wrong: dict[str, int]) -> None:
    with pytest.raises(IngestError):
        ListenOptions(**wrong)  # type: ignore[arg-type]


def test_frames_that_waited_for_their_device_are_replayed_when_it_is_registered(
        centre: tuple[Database, ListenService]) -> None:
    db, service = centre
    with Panel(service.tcp_port, bytes([9] * 6)) as panel:
        panel.send(status(2, 0x0002), serial=1)
        assert panel.hear().command == 3
    now = dt.datetime.now(dt.UTC)
    assert replay(db, rules(), now).refused == 1
    with db.connection() as connection:
        connection.execute("""insert into devices (vendor_code, device_no, unit_id, kind, settings)
            select 'acme', 'NEW', unit_id, 'uitd', '{"gbt26875": {"address": "090909090909"}}'
            from units where unit_no = 'U1'""")
    done = replay(db, rules(), now)
    assert (done.stored, done.refused) == (1, 0)
    assert [kind for kind, *_ in events(db)] == ["fire_alarm"]
    assert db.row("select count(*) as n from quarantine where replayed_at is null") == {"n": 0}
