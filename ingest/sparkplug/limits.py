"""The words of policy for Sparkplug on one day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from policy import PolicyError, RuleBook

#: A metric's units: spelling -> (factor, offset).
Units = Mapping[str, Mapping[str, tuple[float, float]]]


@dataclass(frozen=True, slots=True)
class SparkplugRules:
    """How long a host waits, how often it asks, how much it keeps."""

    gap: dt.timedelta
    missing_birth: dt.timedelta
    rebirth_interval: dt.timedelta
    most_requests: int
    waiting_time: dt.timedelta
    waiting_messages: int
    waiting_bytes: int
    births_kept: int
    most_edges: int
    most_devices: int
    most_unpacked: int
    units: Units


@lru_cache(maxsize=4)
def sparkplug_rules(book: RuleBook, day: dt.date) -> SparkplugRules:
    """The rules that hold on ``day``; :class:`PolicyError` names what is malformed."""
    waiting, most = book.value("sparkplug.waiting", day), book.value("sparkplug.most_edges", day)
    reorder = book.value("sparkplug.reorder_seconds", day)
    return SparkplugRules(
        dt.timedelta(seconds=reorder["gap"]), dt.timedelta(seconds=reorder["birth"]),
        dt.timedelta(seconds=book.value("sparkplug.rebirth_interval_seconds", day)),
        book.value("sparkplug.rebirth_requests", day), dt.timedelta(hours=waiting["hours"]), waiting["messages"],
        waiting["bytes"], book.value("sparkplug.births_kept", day), most["vendor"], most["edge"],
        book.value("sparkplug.unpacked_bytes", day),
        {metric: {str(unit): _conversion(metric, unit, given) for unit, given in units.items()}
         for metric, units in book.value("sparkplug.units", day).items()})


def _conversion(metric: str, unit: Any, given: Any) -> tuple[float, float]:
    try:
        factor, offset = given if isinstance(given, list) else (given, 0)
        return float(factor), float(offset)
    except (TypeError, ValueError):
        raise PolicyError(f"sparkplug.units: the factor of {unit} for {metric} is malformed: {given}") from None
