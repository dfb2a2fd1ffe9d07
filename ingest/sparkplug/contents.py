"""What the metrics of one message say of one device, in the words of the catalogue. Pure.

A metric is known by its name or, through a birth, by its alias. Its name is looked up whole, then by the segment after
its last slash: ``Inputs/Pressure`` is the pressure. Of several names that mean one metric of the catalogue the first of
the birth is taken, and the others are refused: two sensors must not become one series.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ingest.clock import read_time
from ingest.jsonvalues import JsonSettings
from ingest.messages import DeviceTime, Problem, Record
from ingest.numerals import number_of
from ingest.sparkplug.births import Birth, Declared
from ingest.sparkplug.conditions import Sample
from ingest.sparkplug.limits import SparkplugRules
from ingest.sparkplug.payload import Decoded, Told, again, is_template, members
from ingest.sparkplug.values import Bad, Value, known_datatype, value_of
from ingest.texts import shown
from ingest.vocabulary import EventKind, Metric, Vocabulary, word_key

_GOOD: Final = range(192, 256)
_ON: Final = frozenset({"true", "1", "on", "yes", "active", "alarm", "报警", "发生"})
_OFF: Final = frozenset({"false", "0", "off", "no", "inactive", "normal", "restored", "正常", "恢复"})


@dataclass(slots=True)
class Contents:
    """``unresolved``: metrics that no birth names yet; ``named``: all others, as :func:`ingest.sparkplug.payload.again`
    takes them."""

    records: list[Record] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unresolved: list[Told] = field(default_factory=list)
    named: list[tuple[Told, str | None, int, str, int]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.records or self.samples or self.problems)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Under what a message is read.

    ``births``: those it may be read by, the likeliest first; for a birth, itself.
    """

    received_at: dt.datetime
    data_topic: str
    is_birth: bool
    births: Sequence[Birth]
    own: JsonSettings
    words: Vocabulary
    rules: SparkplugRules


def read(decoded: Decoded, under: Circumstances) -> Contents:
    """The contents of a payload."""
    return _Reader(decoded, under).read()


class _Reader:
    def __init__(self, decoded: Decoded, under: Circumstances) -> None:
        self._decoded, self._under = decoded, under
        self._found = Contents()
        self._declarations = [birth.declarations for birth in under.births if birth.declarations is not None]
        self._firsts: dict[str, str] | None = None

    def read(self) -> Contents:
        for told in self._decoded.metrics:
            if told.fault is not None:
                self._refuse(told, told.fault.reason_code, told.fault.reason)
                continue
            declared = self._declared(told)
            if isinstance(declared, str):
                self._refuse(told, "alias", declared)
                continue
            name = told.name or (declared.name if declared else None)
            if name is None:
                self._found.unresolved.append(told)
                continue
            named = replace(told, name=name)
            self._found.named.append((named, name, told.datatype or (declared.datatype if declared else 0),
                                      declared.unit if declared else "", self._moment(told, declared)))
            self._metric(named, declared)
        return self._found

    def _declared(self, told: Told) -> Declared | str | None:
        """What a birth declares of the metric, a reason why it can't be told, or None where none does."""
        if told.name is not None:
            return self._named(told.name)
        for declarations in self._declarations:
            if told.alias in declarations.twice:
                return f"the alias {told.alias} stands for several metrics in the birth"
            if told.alias in declarations.by_alias:
                return declarations.by_alias[told.alias]
        return None

    def _named(self, name: str) -> Declared | None:
        return next((one.by_name[name] for one in self._declarations if name in one.by_name), None)

    def _metric(self, told: Told, declared: Declared | None) -> None:
        name, limits = told.name or "", self._under.words.limits
        if told.is_control or told.is_null:
            return
        if is_template(told):
            inner = list(members(replace(told, at=self._moment(told, declared)), name, limits))
            for member in inner:
                if member.name is None or len(member.name) > limits.key or member.fault is not None:
                    fault = member.fault or Problem("key", f"a name within {shown(name)} has more than {limits.key} "
                                                           "characters")
                    self._refuse(told, fault.reason_code, fault.reason)
                else:
                    self._metric(member, self._named(member.name))
            return
        datatype = known_datatype(told.datatype or (declared.datatype if declared else 0),
                                  told.field)
        if not datatype:
            self._found.unresolved.append(told)
            return
        unit = told.unit or (declared.unit if declared else "")
        value = value_of(datatype, told.field or "", told.raw, limits.state)
        piece = _Piece(told, datatype, unit, self._moment(told, declared), self._decoded.at, self._under.data_topic)
        if isinstance(value, Bad):
            self._problem(piece, value.code, f"{shown(name)}: {value.reason}")
        else:
            self._value(piece, value)

    def _value(self, piece: _Piece, value: Value) -> None:
        told, under = piece.told, self._under
        name, own = told.name or "", under.own
        is_good = told.quality is None or told.quality in _GOOD
        events = list(_conditions(name, value, under.words)) if name not in own.keys else []
        if events:
            for kind, point, place, active in events:
                if active or is_good:
                    self._found.samples.append(Sample(kind.code, point, name + place, active, piece.time,
                                                      told.is_historical, None if is_good else told.quality))
                else:
                    self._problem(piece, "quality", f"{shown(name)} is told to be over with the quality "
                                                    f"{told.quality}, which is not good (192)")
            return
        if not is_good:
            self._problem(piece, "quality", f"{shown(name)} comes with the quality {told.quality}, "
                                            "which is not good (192)")
            return
        if told.is_transient:
            return
        key = name
        if name not in own.keys:
            known = _known(name, under.words)
            if known is not None:
                key, metric, _ = known
                first = self._first(metric.code, name)
                if first != name:
                    self._problem(piece, "twice", f"{shown(name)} and {shown(first)} are both {metric.code}: "
                                                  "the first is kept; register each sensor as a device of its own")
                    return
                converted = self._converted(piece, value, metric)
                if isinstance(converted, Bad):
                    self._problem(piece, converted.code, converted.reason)
                    return
                if piece.unit:
                    key, value = metric.code, converted
        self._found.records.append(Record(piece.time, {key: value}, piece.at or None, piece=piece.payload))

    def _converted(self, piece: _Piece, value: Value, metric: Metric) -> Value | Bad:
        """A number in the unit that its property names, brought to that of the catalogue."""
        number = number_of(value) if piece.unit else None
        if number is None:
            return value
        units = self._under.rules.units.get(metric.code, {})
        if piece.unit not in units:
            return Bad("unit", f"{shown(piece.told.name)} is in {shown(piece.unit)}, which can't be brought to "
                               f"{metric.unit or 'counts'}")
        factor, offset = units[piece.unit]
        return number if (factor, offset) == (1, 0) else round(number * factor + offset, 9)

    def _first(self, code: str, name: str) -> str:
        """The name that means the metric ``code``, of those of the birth, or of the message where there is none."""
        if self._firsts is None:
            names = [metric.name for metric in self._declarations[0].metrics] if self._declarations else [
                told.name for told in self._decoded.metrics if told.name is not None]
            ranked: dict[str, tuple[int, str]] = {}
            for one in names:
                known = _known(one, self._under.words) if one not in self._under.own.keys else None
                if known is not None:
                    _, metric, rank = known
                    if metric.code not in ranked or rank < ranked[metric.code][0]:
                        ranked[metric.code] = rank, one
            self._firsts = {one: ranked[one][1] for one in ranked}
        return self._firsts.setdefault(code, name)

    def _moment(self, told: Told, declared: Declared | None) -> int:
        """The time a metric goes by, in milliseconds; 0 where neither it nor its payload has one.

        A clock that gives a later message the time of the birth stands still: then the payload's time is taken. What a
        birth tells holds at the birth, so the payload's time also stands in for one that lies too far back.
        """
        payload, under = self._decoded.at, self._under
        if not told.at or not payload or told.is_historical or told.at >= payload:
            return told.at or payload
        if under.is_birth:
            if declared is not None and declared.is_stuck:
                return payload
            time = read_time(told.at)
            if isinstance(time, dt.datetime) and under.received_at - time > under.words.clock.oldest_reading:
                return payload
        elif declared is not None and declared.at == told.at:
            return payload
        return told.at

    def _refuse(self, told: Told, code: str, reason: str) -> None:
        self._problem(_Piece(told, told.datatype, "", told.at, self._decoded.at, self._under.data_topic), code, reason)

    def _problem(self, piece: _Piece, code: str, reason: str) -> None:
        topic, payload = piece.payload()
        self._found.problems.append(Problem(code, reason, payload, topic))


@dataclass(frozen=True, slots=True)
class _Piece:
    """One metric as it would be sent alone: with its name, its datatype, its unit and its time."""

    told: Told
    datatype: int
    unit: str
    at: int
    payload_at: int
    topic: str

    @property
    def time(self) -> DeviceTime:
        return read_time(self.at)

    def payload(self) -> tuple[str, bytes]:
        told = self.told
        return self.topic, again([(told, told.name, self.datatype, self.unit, self.at)], self.payload_at)


def _known(name: str, words: Vocabulary) -> tuple[str, Metric, int] | None:
    """The key of the catalogue that a name ends in, its metric, and 0 where it is the whole name, else 1."""
    for rank, key in enumerate((name, name.rpartition("/")[2])):
        known = words.keys.get(key) or words.keys.get(word_key(key))
        if known is not None:
            return key, known[0], rank
    return None


def _conditions(name: str, value: Value, words: Vocabulary) -> Iterator[tuple[EventKind, str, str, bool]]:
    """The conditions that a value tells of, as kind, point, place in an array, and whether it holds.

    A name whose last segment is the word has the segments before it as its point.
    """
    parts: Iterable[Any] = value if isinstance(value, list) else (value,)
    head, _, last = name.rpartition("/")
    whole = words.kind_words.get(word_key(name))
    kind = whole or words.kind_words.get(word_key(last))
    if kind is None or (not isinstance(value, bool | list) and _known(name, words) is not None):
        return
    held = [_holds(part) for part in parts]
    if any(active is None for active in held):
        return
    point = "" if whole else head
    for place, active in enumerate(held):
        tail = f"[{place}]" if isinstance(value, list) else ""
        yield kind, f"{point}{tail}", tail, bool(active)


def _holds(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return None if value not in (0, 1) else value == 1
    if isinstance(value, str):
        word = value.strip().lower()
        return True if word in _ON else False if word in _OFF else None
    return None


__all__ = ["Circumstances", "Contents", "read"]
