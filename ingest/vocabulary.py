"""The words of policy as ingest uses them on one day: metrics, event kinds, limits, clocks."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from ingest.clock import ClockRules
from ingest.gbt26875.settings import GbtPolicy
from policy import PolicyError, RuleBook
from policy.clocks import SHANGHAI

_INDEX = re.compile(r"_?[0-9]+\Z|_[a-z]\Z")
_LONGEST_WORD = 64
#: Two of twelve letters wrong, or one of five.
_ALIKE = 0.85


@dataclass(frozen=True, slots=True)
class Metric:
    """A quantity with its unit and the range that is believed, both ends included."""

    code: str
    zh: str
    en: str
    unit: str
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class EventKind:
    """``is_case``: classes alarm and fault open a case that a restore closes. ``lasts``: not over in a moment."""

    code: str
    zh: str
    en: str
    category: str
    lasts: bool

    @property
    def is_case(self) -> bool:
        return self.category in ("alarm", "fault")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one message may hold. Text lengths are in characters."""

    values: int
    depth: int
    key: int
    state: int
    point: int
    detail: int


@dataclass(frozen=True)
class Vocabulary:
    """Everything of policy that decoding and judging need."""

    metrics: Mapping[str, Metric]
    #: By lower-case key: the metric and the factor that brings the value to its unit.
    keys: Mapping[str, tuple[Metric, float]]
    kinds: Mapping[str, EventKind]
    kind_words: Mapping[str, EventKind]
    clock: ClockRules
    limits: Limits
    delivery_window: dt.timedelta
    resend_window: dt.timedelta
    #: On the contract's own topics, and on ThingsBoard's: whether a number under an unknown key is kept as a state.
    keeps_numbers: bool
    keeps_thingsboard_numbers: bool
    gbt: GbtPolicy = field(default_factory=GbtPolicy, compare=False, repr=False)
    _near: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def lasting(self) -> frozenset[str]:
        """The kinds of event that are not over in a moment."""
        return frozenset(kind.code for kind in self.kinds.values() if kind.lasts)

    def near(self, key: str) -> str:
        """The known key that ``key`` is a misspelling of, or nothing.

        ``temperature2`` and ``voltage_b`` are none: a number or a letter at the end tells several sensors apart.
        """
        if key not in self._near:
            if len(self._near) > 10_000:
                self._near.clear()
            self._near[key] = self._misspelt(word_key(key))
        return self._near[key]

    def _misspelt(self, word: str) -> str:
        if not 3 <= len(word) <= _LONGEST_WORD or _INDEX.sub("", word) in self.keys:
            return ""
        letters = set(word)
        # Comparing letters first: the matcher takes a hundred times as long, and keys may come by the thousand.
        alike = [known for known in self.keys if abs(len(known) - len(word)) <= 2 and len(letters ^ set(known)) <= 3]
        return next(iter(difflib.get_close_matches(word, alike, 1, _ALIKE)), "")


def vocabulary(book: RuleBook, day: dt.date) -> Vocabulary:
    """The vocabulary that holds on ``day``; :class:`PolicyError` names what is malformed."""
    return _vocabulary(book, day)


@lru_cache(maxsize=4)
def _vocabulary(book: RuleBook, day: dt.date) -> Vocabulary:
    metrics: dict[str, Metric] = {}
    keys: dict[str, tuple[Metric, float]] = {}
    for entry in book.value("metrics.catalogue", day):
        metric = _metric(entry)
        metrics[metric.code] = metric
        _add(keys, metric.code, (metric, 1.0), "metrics.catalogue")
        for alias in entry.get("aliases", []):
            _add(keys, str(alias["key"]), (metric, float(alias["factor"])), "metrics.catalogue")
    kinds: dict[str, EventKind] = {}
    words: dict[str, EventKind] = {}
    for entry in book.value("events.kinds", day):
        if entry["class"] not in ("alarm", "fault", "state"):
            raise PolicyError(
                f"events.kinds: {entry['code']}: the class is alarm, fault or state, not {entry['class']}")
        kind = EventKind(entry["code"], entry["zh"], entry["en"], entry["class"], not entry.get("momentary", False))
        kinds[kind.code] = kind
        for word in (kind.code, kind.zh, kind.en, *entry.get("aliases", [])):
            if words.get(word_key(word), kind) is not kind:
                raise PolicyError(f"events.kinds: the word {word} stands for two kinds")
            words[word_key(word)] = kind
    text, numbers = book.value("limits.text_characters", day), book.value("json.unknown_numbers", day)
    return Vocabulary(
        metrics, keys, kinds, words,
        ClockRules(dt.timedelta(minutes=book.value("clock.future_minutes", day)),
                   dt.timedelta(days=book.value("clock.oldest_reading_days", day)),
                   dt.timedelta(days=book.value("clock.oldest_event_days", day)),
                   dt.timedelta(days=book.value("clock.trusted_days", day)),
                   dt.datetime.combine(dt.date.fromisoformat(book.value("clock.unset_before", day)), dt.time(),
                                       SHANGHAI).astimezone(dt.UTC)),
        Limits(book.value("limits.values_per_message", day), book.value("limits.nesting_depth", day),
               text["key"], text["state"], text["point"], text["detail"]),
        dt.timedelta(hours=book.value("delivery.window_hours", day)),
        dt.timedelta(seconds=book.value("gbt26875.resend_seconds", day)),
        numbers["huoyan"] == "state", numbers["thingsboard"] == "state",
        _gbt(book, day))


def _gbt(book: RuleBook, day: dt.date) -> GbtPolicy:
    try:
        return GbtPolicy({profile["code"]: profile for profile in book.value("gbt26875.profiles", day)},
                         tuple(book.value("gbt26875.reset_ends", day)))
    except (TypeError, KeyError):
        raise PolicyError("gbt26875.profiles must be a list of profiles, each with code and settings, and "
                          "gbt26875.reset_ends a list of event kinds") from None


def word_key(word: str) -> str:
    """How words of vendors are compared: case, spaces and hyphens make no difference."""
    return word.strip().lower().replace(" ", "_").replace("-", "_")


def _metric(entry: dict[str, Any]) -> Metric:
    try:
        metric = Metric(entry["code"], entry["zh"], entry["en"], entry["unit"],
                        float(entry["min"]), float(entry["max"]))
    except (KeyError, TypeError, ValueError) as error:
        raise PolicyError(f"metrics.catalogue: an entry is malformed: {error}: {str(entry)[:80]}") from None
    if not metric.least < metric.most:
        raise PolicyError(f"metrics.catalogue: the range of {metric.code} is empty")
    return metric


def _add(keys: dict[str, tuple[Metric, float]], key: str, entry: tuple[Metric, float], rule: str) -> None:
    if keys.setdefault(word_key(key), entry) != entry:
        raise PolicyError(f"{rule}: the key {key} stands for two metrics")
