"""The ledger held against the tables. Pure: rows in, findings out.

The rule, message by message:

- acknowledged: all it says is stored once, or it is in quarantine once, under the reason it was made for;
- not acknowledged: the same, or nothing of it;
- a message without a time of its own that left more than once, because its device did not hear the acknowledgement, is
  as many messages for the broker and for everyone after it: it may be stored up to as often as it left;
- nothing else is there.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.soak.ledger import Entry, Ledger
from tests.soak.traffic import REASONS, Kind, Traffic

_MARK = re.compile(rb"soak-(\d+)")
_TIMELESS = (Kind.TIMELESS, Kind.TIMELESS_ALARM)
_SHOWN = 5


@dataclass(frozen=True)
class Stored:
    """What the tables hold. Times are milliseconds since 1970.

    ``readings``: device number, metric, time, value. ``events``: kind, point, active. ``alarms``: kind, point, opened,
    restored (None: open). ``quarantine``: payload, reason.
    """

    readings: Iterable[tuple[str, str, int, float]]
    events: Iterable[tuple[str, str, bool]]
    alarms: Iterable[tuple[str, str, int, int | None]]
    quarantine: Iterable[tuple[bytes, str]]


@dataclass
class Findings:
    """Counts of a run, and the first few of what is wrong. ``lost``, ``in_window`` and ``doubled`` count messages.

    ``in_window``: lost after an acknowledgement within the time before a broker's death in which Mosquitto had not
    saved yet. They are lost all the same, and counted apart only because no ingest can mend them.
    """

    published: int = 0
    acknowledged: int = 0
    sent_again: int = 0
    readings: int = 0
    events: int = 0
    alarms: int = 0
    quarantined: int = 0
    lost: int = 0
    in_window: int = 0
    doubled: int = 0
    wrong: int = 0
    first: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.in_window or self.doubled or self.wrong)

    def tell(self, what: str) -> None:
        """Keep a sentence if it is among the first few that begin alike."""
        if sum(line.partition(":")[0] == what.partition(":")[0] for line in self.first) < _SHOWN:
            self.first.append(what)


@dataclass(frozen=True)
class Deaths:
    """When the broker was killed (ms since 1970), and how long before that it may not have saved."""

    moments: Sequence[int] = ()
    unsaved_ms: int = 0

    def covers(self, acked_ms: int) -> bool:
        return any(moment - self.unsaved_ms <= acked_ms <= moment + 50 for moment in self.moments)


def compare(traffic: Traffic, ledger: Ledger, stored: Stored, deaths: Deaths = Deaths()) -> Findings:
    """Everything the ledger says against everything the tables hold."""
    findings = Findings(len(ledger.entries), ledger.acknowledged, ledger.sent_again)
    entries = _with_repetitions(traffic, ledger)
    found: Counter[tuple[int, str]] = Counter()
    _take_readings(traffic, stored, findings, found)
    _take_events(traffic, stored, findings, found)
    _take_quarantine(traffic, stored, findings, found)
    for number in entries:
        _judge(traffic, entries, number, found, findings, deaths)
    for (number, part), times in found.items():
        findings.wrong += times
        findings.tell(f"nobody sent this: {part} of message {number}")
    return findings


def _judge(traffic: Traffic, entries: dict[int, Entry], number: int, found: Counter[tuple[int, str]],
           findings: Findings, deaths: Deaths) -> None:
    """Take what was found of one message out of ``found``, and count it once under what is wrong with it."""
    kind, entry = traffic.kind(number), entries[number]
    most = entry.attempts if kind in _TIMELESS else 1
    # A case is one case however often the same alarm came.
    times = {part: (found.pop((number, part), 0), 1 if part == "alarm" else most) for part in parts(traffic, number)}
    told = f"message {number} ({kind.value}), sent {entry.attempts} times"
    missing = [part for part, (count, _) in times.items() if count == 0]
    if missing and entry.acked_ms is not None:
        acked = [entry.acked_ms]
        if missing == ["restored"]:
            # Its own event is there; the case it ends can only be missing with the alarm.
            acked.append(entries.get(traffic.partner(number), Entry()).acked_ms or 0)
        if any(deaths.covers(moment) for moment in acked):
            findings.in_window += 1
            findings.tell(f"lost with the broker's memory: {told}, {', '.join(missing)}")
        else:
            findings.lost += 1
            findings.tell(f"lost: {told}, {', '.join(missing)}, acknowledged at {entry.acked_ms} (code {entry.code})")
    if doubled := [f"{part} {count} times" for part, (count, limit) in times.items() if count > limit]:
        findings.doubled += 1
        findings.tell(f"stored twice: {told}, {', '.join(doubled)}")


def parts(traffic: Traffic, number: int) -> list[str]:  # noqa: PLR0911  a table of kinds
    """What must be found of a message, each once; nothing of a repetition, whose original answers for both."""
    match traffic.kind(number):
        case Kind.READING:
            return list(traffic.values(number))
        case Kind.TIMELESS:
            return ["event_count"]
        case Kind.GATEWAY:
            return [f"event_count of {device}" for device in traffic.gateway_devices(number)]
        case Kind.ALARM | Kind.TIMELESS_ALARM:
            return ["begin", "alarm"]
        case Kind.RESTORE:
            return ["end", "restored"]
        case Kind.REPEAT:
            return []
        case malformed:
            return [REASONS[malformed]]


def _with_repetitions(traffic: Traffic, ledger: Ledger) -> dict[int, Entry]:
    """The ledger with each repetition counted to its original: the two are one message, sent by two publishes."""
    entries = {number: entry for number, entry in ledger.entries.items() if traffic.kind(number) is not Kind.REPEAT}
    for number, entry in ledger.entries.items():
        if traffic.kind(number) is not Kind.REPEAT:
            continue
        original = traffic.partner(number)
        other = entries.get(original, Entry())
        heard = [moment for moment in (entry.acked_ms, other.acked_ms) if moment is not None]
        entries[original] = Entry(entry.attempts + other.attempts, min(heard, default=None), other.code)
    return entries


def _take_readings(traffic: Traffic, stored: Stored, findings: Findings, found: Counter[tuple[int, str]]) -> None:
    for device, metric, ts, value in stored.readings:
        findings.readings += 1
        number = int(value) if metric == "event_count" else ts - traffic.start_ms
        kind = traffic.kind(number) if number >= 0 else None
        own = kind in (Kind.READING, Kind.TIMELESS) and device == traffic.device(number)
        timeless = own and kind is Kind.TIMELESS and metric == "event_count"
        if timeless or (own and ts == traffic.ts(number) and traffic.values(number).get(metric) == value):
            found[number, metric] += 1
        elif kind is Kind.GATEWAY and device in traffic.gateway_devices(number) and ts == traffic.ts(number):
            found[number, f"{metric} of {device}"] += 1
        else:
            findings.wrong += 1
            findings.tell(f"nobody sent this: reading {metric} {value} of {device} at {ts}")


def _take_events(traffic: Traffic, stored: Stored, findings: Findings, found: Counter[tuple[int, str]]) -> None:
    restores = _Restores(traffic)
    for kind, point, active in stored.events:
        findings.events += 1
        alarm = _number(point)
        if alarm < 0 or traffic.event(alarm) != (kind, point):
            findings.wrong += 1
            findings.tell(f"nobody sent this: event {kind} at {point!r}")
        else:
            found[(alarm, "begin") if active else (restores.of(alarm), "end")] += 1
    for kind, point, opened, restored in stored.alarms:
        findings.alarms += 1
        alarm = _number(point)
        if alarm < 0 or traffic.event(alarm) != (kind, point):
            findings.wrong += 1
            findings.tell(f"nobody sent this: alarm {kind} at {point!r}")
            continue
        found[alarm, "alarm"] += 1
        timed = traffic.kind(alarm) is Kind.ALARM
        if timed and opened != traffic.ts(alarm):
            findings.wrong += 1
            findings.tell(f"wrong time: alarm of message {alarm} opened at {opened}, not {traffic.ts(alarm)}")
        if restored is not None and timed and restored == traffic.restored_at(alarm):
            found[restores.of(alarm), "restored"] += 1
        elif restored is not None:
            findings.wrong += 1
            findings.tell(f"wrong time: alarm of message {alarm} restored at {restored}")


class _Restores:
    """The RESTORE of each ALARM."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._blocks: dict[int, dict[int, int]] = defaultdict(dict)

    def of(self, alarm: int) -> int:
        """Its number; -1 of what has none."""
        first = alarm - alarm % 100
        block = self._blocks[first]
        if not block:
            block.update((self._traffic.partner(number), number) for number in range(first, first + 100)
                         if self._traffic.kind(number) is Kind.RESTORE)
        return block.get(alarm, -1)


def _take_quarantine(traffic: Traffic, stored: Stored, findings: Findings, found: Counter[tuple[int, str]]) -> None:
    for payload, reason in stored.quarantine:
        findings.quarantined += 1
        mark = _MARK.search(payload)
        number = int(mark.group(1)) if mark else -1
        if number >= 0 and REASONS.get(traffic.kind(number)) == reason:
            found[number, reason] += 1
        else:
            findings.wrong += 1
            findings.tell(f"wrongly in quarantine ({reason}): {payload[:100]!r}")


def _number(point: str) -> int:
    return int(point[1:]) if re.fullmatch(r"p\d{1,9}", point) else -1
