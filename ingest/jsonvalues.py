"""What one JSON value means for one device: a reading, a state, a condition, or a fault of its own. Pure.

A key means what the device's settings say of it, else the metric that policy knows under it. Else it is a state: a
text, true or false always, a number where policy or the device's settings keep unknown numbers (a key that looks like a
misspelled metric is refused in any case, or nobody would notice). ``true``, 1 and ``on`` under the code of an alarm or
a fault are that alarm too, and ``false``, 0 and ``off`` its end: a device that knows no events must still be heard when
it burns.

The settings, ``devices.settings -> 'json'``::

    {"keys": {"P1": {"metric": "water_pressure", "factor": 0.001}, "di_3": {"event": "fire_alarm", "point": "3F"},
              "uptime": {"ignore": true}},
     "unknown_numbers": "state"}
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ingest.numerals import number_of, state_text
from ingest.texts import figure, named, shown, storable
from ingest.vocabulary import EventKind, Metric, Vocabulary, word_key

_ON: Final = frozenset({"true", "1", "on", "yes", "active", "alarm", "open", "报警", "发生"})
_OFF: Final = frozenset({"false", "0", "off", "no", "inactive", "normal", "closed", "restored", "正常", "恢复", ""})


@dataclass(frozen=True, slots=True)
class Measured:
    """A value of a metric, in the metric's unit and within its range."""

    metric: Metric
    number: float


@dataclass(frozen=True, slots=True)
class Kept:
    """A text to keep as a state, and the condition that it tells of where it tells of one."""

    text: str
    kind: EventKind | None = None
    point: str = ""
    active: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a value is not stored."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class JsonSettings:
    """How one device's keys depart from policy's; what can't be read of the settings is left out."""

    keys: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    unknown_numbers: str = ""

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> JsonSettings:
        own = settings.get("json")
        if not isinstance(own, Mapping):
            return _NONE
        keys, word = own.get("keys"), own.get("unknown_numbers")
        return cls({key: use for key, use in keys.items() if isinstance(use, Mapping)}
                   if isinstance(keys, Mapping) else {}, word if word in ("state", "refuse") else "")


_NONE: Final = JsonSettings()


def meaning(key: str, value: Any, own: JsonSettings, words: Vocabulary, *,
            keeps_numbers: bool) -> Measured | Kept | Fault | None:
    """What ``value`` means under ``key``; None where the settings pass the key over."""
    use = own.keys.get(key) if own.keys else None
    if use is not None:
        return _by_settings(key, value, use, words)
    known = words.keys.get(key) or words.keys.get(word_key(key))
    if known is not None:
        return _measured(key, value, *known)
    told = _told_condition(key, value, words)
    if told is not None:
        return told
    if isinstance(value, int | float) and not isinstance(value, bool):
        keeps_numbers = own.unknown_numbers == "state" if own.unknown_numbers else keeps_numbers
        near = words.near(key)
        if near or not keeps_numbers:
            return Fault("unknown_metric", f"{shown(key)} is not a known metric{f'; is {near} meant?' if near else ''}")
        if isinstance(value, float) and not math.isfinite(value):
            return Fault("not_finite", f"{shown(key)} is {value}, which is not a finite number")
    return attribute(key, value, words)


def _told_condition(key: str, value: Any, words: Vocabulary) -> Kept | None:
    """The alarm or fault that a key is the code of, where the value says plainly whether it holds."""
    kind = words.kinds.get(word_key(key))
    if kind is None or not kind.is_case or (isinstance(value, int | float) and value not in (0, 1)):
        return None
    active, kept = _holds(value), attribute(key, value, words)
    return Kept(kept.text, kind, "", active) if active is not None and isinstance(kept, Kept) else None


def _by_settings(  # noqa: PLR0911  one fault a line
        key: str, value: Any, use: Mapping[str, Any], words: Vocabulary) -> Measured | Kept | Fault | None:
    if use.get("ignore") is True:
        return None
    if "metric" in use:
        metric = words.metrics.get(str(use["metric"]))
        factor = number_of(use.get("factor", 1))
        if metric is None or factor is None or not math.isfinite(factor):
            return Fault("unknown_metric", f"the device's settings for the key {shown(key)} name the metric "
                                           f"{shown(use['metric'])} and the factor {shown(use.get('factor', 1))}, "
                                           "which can't be used")
        return _measured(key, value, metric, factor)
    kept = attribute(key, value, words)
    if "event" not in use or isinstance(kept, Fault):
        return kept
    kind = words.kind_words.get(word_key(str(use["event"])))
    if kind is None:
        return Fault("event_type", f"the device's settings for the key {shown(key)} name the event type "
                                   f"{shown(use['event'])}, which is unknown")
    active = _holds(value)
    if active is None:
        return Fault("event_active", f"{shown(key)} tells of {kind.code} and is neither on nor off, but {shown(value)}")
    point = use.get("point")
    return Kept(kept.text, kind, point if isinstance(point, str) else "", active is not (use.get("inverted") is True))


def _holds(value: Any) -> bool | None:
    if isinstance(value, str):
        word = value.strip().lower()
        return True if word in _ON else False if word in _OFF else None
    return bool(value) if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)) else None


def _measured(key: str, value: Any, metric: Metric, factor: float) -> Measured | Fault:
    number = number_of(value)
    if number is None:
        return Fault("not_a_number", f"{named(key)} is a number in {metric.unit or 'counts'}, not {shown(value)}")
    if not math.isfinite(number):
        return Fault("not_finite", f"{named(key)} is {number}, which is not a finite number")
    number = number * factor + 0.0  # -0.0 is 0
    if factor != 1:
        number = round(number, 9)  # 215 kPa is 0.215 MPa, not 0.21500000000000002
    if not metric.least <= number <= metric.most:
        return Fault("range", f"{named(key)} is {figure(number)} {metric.unit}".rstrip()
                     + f", outside {figure(metric.least)} to {figure(metric.most)} {metric.unit}".rstrip())
    return Measured(metric, number)


def attribute(key: str, value: Any, words: Vocabulary) -> Kept | Fault:
    """A value as a state, whatever its key is."""
    text = state_text(value)
    limit = words.limits.state
    if text is None:
        return Fault("depth", f"{shown(key)} is nested too deeply")
    if not storable(key) or not storable(text):
        return Fault("text", f"{shown(key)} holds a NUL or half a character")
    if len(text) > limit:
        return Fault("text", f"the text of {named(key)} has {len(text)} characters; {limit} are allowed")
    return Kept(text)
