"""What becomes of each frame that is heard: answered at once, handed on to be stored, or refused. One thread."""

from __future__ import annotations

import datetime as dt
import itertools
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from ingest.gbt26875 import DeviceSettings
from ingest.gbt26875.answers import answer, deny
from ingest.gbt26875.frames import HEAD, START, BadBytes, Frame
from ingest.gbt26875.reports import is_empty
from ingest.gbt26875.stream import Found, TextBeat
from ingest.gbt26875.tables import ANSWER, CONFIRM, CONTROL, DENY, REQUEST, SEND_DATA
from ingest.gbt26875.times import tag_of, time_of
from ingest.links.exchanges import Exchanges
from ingest.links.identity import Directory, Known, Unknown
from ingest.links.intake import Entry, Intake
from ingest.links.metrics import LinkMetrics
from ingest.links.options import ListenOptions
from ingest.links.peer import Link, Peer
from ingest.links.throttle import Throttle

_MICROSECOND = dt.timedelta(microseconds=1)
#: What a damaged frame may have wrong and still name its sender, so that it can be denied.
_DENIED: Final = frozenset({"gbt_checksum", "gbt_length", "gbt_end_mark"})
# Points for bytes that are no frame, one for each piece and one for each 256 bytes: what is only noise is closed.
_MOST_NOISE: Final = 100
_CLOCK_EVERY: Final = 300.0
#: First of the commands that users of the standard define for themselves.
_USER: Final = 128
#: A record of type 24 as it is sent: command and type.
_DEVICE_OPERATION: Final = bytes((SEND_DATA, 24))
_STANDARD: Final = DeviceSettings()
_MOST_REMEMBERED: Final = 100_000


class Reception:
    """Everything that links have in common. All methods but :meth:`stored` belong to the thread of the event loop."""

    def __init__(self, options: ListenOptions, metrics: LinkMetrics, exchanges: Exchanges,
                 call_soon: Callable[..., object]) -> None:
        self.options, self.metrics, self.exchanges = options, metrics, exchanges
        self._call_soon = call_soon
        self.intake: Intake | None = None
        self.directory = Directory()
        self.resend_window = 40.0
        self.drift_limit: float | None = None
        self.settle_seconds = 60.0
        self.links: set[Link] = set()
        self.by_device: dict[int, Peer] = {}
        self.half: set[Peer] = set()
        #: What the clerk takes away: links changed, links ended, devices heard without data, clocks that are off.
        self.changed: dict[int, Peer] = {}
        self.gone: list[int] = []
        self.heard_silently: dict[int, tuple[Known, bytes, dt.datetime]] = {}
        self.drifting: dict[int, float] = {}
        self.answered_duty = False
        self._waiting: list[Peer] = []
        self._by_host: dict[str, int] = {}
        self._last: OrderedDict[int, tuple[int, float, Entry | None]] = OrderedDict()
        self._numbers = itertools.count(1)
        self._tag = (0, b"")
        self._refused = Throttle(options.refused_minute, options.refused_minute * 10)
        self.is_stopping = False

    now = staticmethod(time.monotonic)

    def next_number(self) -> int:
        return next(self._numbers)

    def tag(self) -> bytes:
        """The time tag of now."""
        second = int(time.time())
        if second != self._tag[0]:
            self._tag = (second, tag_of(dt.datetime.fromtimestamp(second, dt.UTC)))
        return self._tag[1]

    # Links come and go ---------------------------------------------------------------------------------------------

    def admit(self, link: Link) -> str | None:
        """Take a new TCP link in, or say why not."""
        refusal = ("stopping" if self.is_stopping else "links" if len(self.links) >= self.options.links else
                   "peer_links" if self._by_host.get(link.host, 0) >= self.options.peer_links else None)
        if refusal is not None:
            self.metrics.turned_away.labels(refusal).inc()
            return refusal
        self.links.add(link)
        self._by_host[link.host] = self._by_host.get(link.host, 0) + 1
        self.metrics.accepted.inc()
        return None

    def lost(self, peer: Peer) -> None:
        """A link has ended, or a UDP sender is forgotten."""
        if isinstance(peer, Link) and peer in self.links:
            self.links.discard(peer)
            left = self._by_host.get(peer.host, 1) - 1
            if left:
                self._by_host[peer.host] = left
            else:
                self._by_host.pop(peer.host, None)
        self.half.discard(peer)
        if peer.known is not None and self.by_device.get(peer.known.device_id) is peer:
            del self.by_device[peer.known.device_id]
        if peer.frames:
            self.changed.pop(peer.number, None)
            if peer.is_told:
                self.gone.append(peer.number)

    def received(self, peer: Peer, data: bytes) -> None:
        """Bytes of a link."""
        found = peer.stream.feed(data)
        now = self.now()
        if peer.stream.held:
            if not peer.half_since or any(isinstance(one, Frame) for one in found):
                peer.half_since = now
                self.half.add(peer)
        elif peer.half_since:
            peer.half_since = 0.0
            self.half.discard(peer)
        self.take(peer, found, now)

    def ended(self, peer: Peer) -> None:
        """A device has said its last: what it left half comes to something or to nothing."""
        self.take(peer, peer.stream.end(), self.now())

    def take(self, peer: Peer, found: Sequence[Found], now: float) -> None:
        """What a sender sent, in order."""
        if found:
            peer.heard, peer.heard_at = now, dt.datetime.now(dt.UTC)
            for one in found:
                if isinstance(one, Frame):
                    self._frame(peer, one, now)
                elif isinstance(one, TextBeat):
                    self._beat(peer, one)
                else:
                    self._bad(peer, one, now)
        if (self.intake is not None and not peer.is_paused
                and (peer.unstored >= self.options.window or self.intake.is_full)):
            peer.pause()
            self._waiting.append(peer)

    def _beat(self, peer: Peer, beat: TextBeat) -> None:
        self.metrics.frames.labels("text").inc()
        peer.send(beat.answer)
        known = peer.known
        if known is None and beat.source:
            who = self.directory.find(beat.source, peer.host, peer.port)
            known = who if isinstance(who, Known) else None
        if known is not None:
            self._heard(known, b"", peer.heard_at)

    # One frame -----------------------------------------------------------------------------------------------------

    def _frame(self, peer: Peer, frame: Frame, now: float) -> None:
        raw = frame.raw
        command = raw[26]
        self.metrics.frames.labels(str(command)).inc()
        peer.frames += 1
        peer.address, peer.centre = raw[12:18], raw[18:24]
        self.changed[peer.number] = peer
        who = self.directory.find(peer.address, peer.host, peer.port)
        known = who if isinstance(who, Known) else None
        if known is not None and known.is_active:
            if peer.known is not known:
                self._move(peer, known)
            self.by_device[known.device_id] = peer
            if self.drift_limit is not None and now - peer.clock_asked > _CLOCK_EVERY:
                self._ask_clock(peer, known, raw, now)
        if is_empty(frame, known.settings if known is not None else _STANDARD) or (command >= _USER and len(raw) < 32):
            self._answer(peer, frame, known)
            if known is not None:
                self._heard(known, raw, peer.heard_at)
        elif command in (SEND_DATA, ANSWER) or command >= _USER:
            self._data(peer, frame, who, now)
        elif command in (CONFIRM, DENY):
            if known is not None:
                self.exchanges.replied(known.device_id, raw, peer.heard_at)
                self._heard(known, raw, peer.heard_at)
        elif command in (CONTROL, REQUEST):
            self.metrics.dropped.labels("for_a_device").inc()  # an echo, or another centre: nothing of it is ours
        else:
            if self.options.deny:
                self._answer(peer, frame, known)
            self._put(peer, raw, who, now, answers=0)

    def _data(self, peer: Peer, frame: Frame, who: Known | Unknown, now: float) -> None:
        raw = frame.raw
        answers = 0 if raw[26] == ANSWER else 1
        if isinstance(who, Known):
            if who.device_id in self.exchanges:
                self.exchanges.replied(who.device_id, raw, peer.heard_at)
            key = hash(raw[2:4] + raw[12:18] + raw[26:-3])
            last = self._last.get(who.device_id)
            # Only what was said last can be said again: with something else in between, the same bytes may be news of
            # a device that never counts its serial numbers on. The writer knows those apart.
            if last is not None and last[0] == key and now - last[1] <= self.resend_window:
                self.metrics.resends.inc()
                if last[2] is not None and last[2].answers and last[2].peer is peer:
                    last[2].answers += answers
                    return
                if last[2] is None:
                    if answers:
                        self._answer(peer, frame, who)
                    self._heard(who, raw, peer.heard_at)
                    return
            entry = self._put(peer, raw, who, now, answers=answers)
            if entry is not None:
                if len(self._last) >= _MOST_REMEMBERED:
                    self._last.popitem(last=False)
                self._last[who.device_id] = (key, now, entry)
                self._last.move_to_end(who.device_id)
        else:
            self._put(peer, raw, who, now, answers=answers)

    def _put(self, peer: Peer, raw: bytes, who: Known | Unknown, now: float, *, answers: int,
             reason: tuple[str, str] | None = None) -> Entry | None:
        """Hand bytes on to be stored; those that nobody answers for only as fast as quarantine may grow."""
        known = who if isinstance(who, Known) else None
        if known is None or not known.is_active or reason is not None or (answers == 0 and raw[26] != ANSWER):
            if known is None and reason is None:
                self.metrics.unknown.inc()
            if not self._refused.allow(peer.host, now):
                self.metrics.dropped.labels("unknown" if known is None else "refused").inc()
                return None
        if known is None and reason is None:
            reason = ("unknown_device", who.reason if isinstance(who, Unknown) else "no device")
        intake = self.intake
        if intake is None:
            return None
        # Objects without a time of their own are told apart by theirs of receipt: each frame has a span of its own.
        at = max(peer.heard_at, peer.next_at)
        peer.next_at = at + (1 + (raw[28] if len(raw) > 30 else 0)) * _MICROSECOND
        entry = Entry(peer, raw, known, reason, at, answers)
        peer.unstored += 1
        intake.put(entry, now)
        return entry

    def _bad(self, peer: Peer, bad: BadBytes, now: float) -> None:
        self.metrics.bad.labels(bad.reason_code).inc()
        peer.bad += 1 + len(bad.raw) // 256
        known = peer.known
        if known is None:
            # Without a source address, who is known by peer or port alone.
            source = bad.head[12:18] if len(bad.head) >= HEAD else bytes(6)
            who = self.directory.find(source, peer.host, peer.port)
            known = who if isinstance(who, Known) else None
        reason = (bad.reason_code, bad.reason)
        entry = self._put(peer, bad.raw, known or Unknown(bad.reason), now, answers=0, reason=reason)
        if entry is not None and bad.reason_code in _DENIED and bad.head[:2] == START and len(bad.head) >= HEAD:
            self._deny(peer, bad.head, known)
        if peer.bad > _MOST_NOISE + peer.frames:
            peer.close("noise")

    def _deny(self, peer: Peer, head: bytes, known: Known | None) -> None:
        # Some devices send a denied packet again without end: the switch is theirs and everyone's.
        said = deny(head, self.tag(), known.settings if known is not None else _STANDARD)
        if self.options.deny and said is not None:
            self.metrics.sent.labels(str(DENY)).inc()
            peer.send(said)

    def _answer(self, peer: Peer, frame: Frame, known: Known | None) -> None:
        said = answer(frame, self.tag(), known.settings if known is not None else _STANDARD)
        if said is not None:
            self.metrics.sent.labels(str(said[26])).inc()
            peer.send(said)

    def _move(self, peer: Peer, known: Known) -> None:
        before = peer.known
        if before is not None and self.by_device.get(before.device_id) is peer:
            del self.by_device[before.device_id]
        peer.known = known
        self.exchanges.appeared(known.device_id)

    def _heard(self, known: Known, raw: bytes, at: dt.datetime) -> None:
        if known.is_active:
            self.heard_silently[known.device_id] = (known, raw if raw[:2] == START else b"", at)

    def _ask_clock(self, peer: Peer, known: Known, raw: bytes, now: float) -> None:
        if (peer.heard_at - peer.since).total_seconds() < self.settle_seconds:
            return
        peer.clock_asked = now
        moment = time_of(raw[6:12]) if any(raw[6:12]) else None
        drift = (moment - peer.heard_at).total_seconds() if moment else None
        if drift is not None and self.drift_limit is not None and abs(drift) > self.drift_limit:
            self.drifting[known.device_id] = drift

    # After the commit ----------------------------------------------------------------------------------------------

    def stored(self, entries: Sequence[Entry]) -> None:
        """Entries were committed: from the storing thread."""
        self._call_soon(self._confirm, entries)

    def _confirm(self, entries: Sequence[Entry]) -> None:
        tag = self.tag()
        sent = self.metrics.sent.labels(str(CONFIRM))
        ended: set[Peer] = set()
        for entry in entries:
            peer, known = entry.peer, entry.known
            peer.unstored -= 1
            if entry.answers:
                said = answer(Frame(entry.raw), tag, known.settings if known is not None else _STANDARD)
                for _ in range(entry.answers if said is not None else 0):
                    peer.send(said or b"")
                    sent.inc()
            if known is not None:
                last = self._last.get(known.device_id)
                if last is not None and last[2] is entry:
                    self._last[known.device_id] = (last[0], last[1], None)
                if entry.raw[26:28] == _DEVICE_OPERATION:  # bytes of no frame may be shorter
                    self.answered_duty = True
            if peer.is_ended and peer.unstored <= 0:
                ended.add(peer)
        if self.intake is not None:
            self.intake.leave(entries)
        self.metrics.ack_seconds.observe(
            max((dt.datetime.now(dt.UTC) - entries[0].received_at).total_seconds(), 0.0))
        for peer in ended:
            peer.settle()
        self._resume()

    def _resume(self) -> None:
        if self._waiting and self.intake is not None and self.intake.has_room:
            waiting, self._waiting = self._waiting, []
            for peer in waiting:
                if peer.unstored > self.options.window // 2:
                    self._waiting.append(peer)
                else:
                    peer.resume()

    # Once a second -------------------------------------------------------------------------------------------------

    def sweep(self, now: float) -> None:
        """Give half frames up that wait too long."""
        overdue = [peer for peer in self.half if now - peer.half_since > self.options.half_frame_seconds]
        for peer in overdue:
            if peer.is_paused:
                continue
            found = peer.stream.expire()
            peer.half_since = now
            is_alive = any(isinstance(one, Frame) for one in found)
            if not is_alive:
                found = [*found, *peer.stream.end()]
            if not peer.stream.held:
                peer.half_since = 0.0
                self.half.discard(peer)
            self.take(peer, found, now)
            if not is_alive:
                peer.close("half_frame")
        self._refused.forget(now)

    def close_silent(self, now: float) -> None:
        """Close links that have said nothing for too long."""
        limit = now - self.options.idle_seconds
        for link in [link for link in self.links if link.heard < limit and not link.unstored]:
            link.close("idle")
