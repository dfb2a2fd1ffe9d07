"""When an edge node is asked to tell its births again, and how often. Pure but for the edge it changes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from ingest.sparkplug.limits import SparkplugRules
from ingest.sparkplug.memory import Edge
from ingest.sparkplug.payload import rebirth_request
from ingest.sparkplug.topics import ROOT

#: What is missing: a number of the sequence, or a sign of life after a will of another session; else the birth of ``N``
#: or of ``D`` and a device.
GAP: Final = "seq"
LIFE: Final = "life"
_LONGEST: Final = dt.timedelta(hours=1)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND: Final = dt.timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Publish:
    """A message to send once the transaction is committed. Sparkplug has commands go out at QoS 0, never retained."""

    topic: str
    payload: bytes
    qos: int = 0


def birth_of(device: str) -> str:
    """What is missing where there is no birth of a device, or of the node (empty)."""
    return f"D{device}" if device else "N"


def want(edge: Edge, missing: str, received_at: dt.datetime, rules: SparkplugRules) -> None:
    """Something is missing: ask when the reorder time is over, unless it comes before."""
    if edge.rebirth_due is None:
        due = received_at + (rules.gap if missing == GAP else rules.missing_birth)
        edge.rebirth_due = due if edge.asked_at is None else max(due, edge.asked_at + _pause(edge, rules))
        edge.rebirth_for = missing
    elif edge.rebirth_for in (GAP, LIFE) and missing != GAP:
        edge.rebirth_for = missing


def came(edge: Edge, missing: str) -> None:
    """What was missing has come."""
    if edge.rebirth_for == missing:
        edge.rebirth_due = edge.rebirth_for = None


def born(edge: Edge) -> None:
    """The node was born: that is the answer to everything asked of it."""
    edge.rebirth_due = edge.rebirth_for = None
    edge.requests = 0


def ask(edge: Edge, now: dt.datetime, rules: SparkplugRules) -> Publish:
    """The request, which is due; the next one is due later each time, and at last never."""
    edge.asked_at, edge.requests = now, edge.requests + 1
    if edge.requests < rules.most_requests:
        edge.rebirth_due = now + _pause(edge, rules)
    else:
        edge.rebirth_due = edge.rebirth_for = None
    return Publish(f"{ROOT}{edge.vendor}/NCMD/{edge.name}", rebirth_request(milliseconds(now)))


def milliseconds(time: dt.datetime) -> int:
    """A time as milliseconds since 1970."""
    return (time - _EPOCH) // _MILLISECOND


def _pause(edge: Edge, rules: SparkplugRules) -> dt.timedelta:
    return min(rules.rebirth_interval * (1 << min(max(edge.requests - 1, 0), 20)), _LONGEST)
