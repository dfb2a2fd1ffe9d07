"""Births: which name and datatype an alias stands for, and which birth was in force when a message came. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ingest.sparkplug.payload import Told, is_template, members
from ingest.sparkplug.values import known_datatype
from ingest.vocabulary import Limits


class Declared(NamedTuple):
    """A metric as its birth declared it. ``at``: the time it was told under, in milliseconds; ``is_stuck``: the birth
    before told it under the same, so that the payload's time was taken."""

    name: str
    alias: int | None
    datatype: int
    at: int
    is_stuck: bool
    unit: str


@dataclass(slots=True)
class Declarations:
    """The metrics of one birth."""

    metrics: Sequence[Declared]
    by_name: dict[str, Declared] = field(default_factory=dict)
    by_alias: dict[int, Declared] = field(default_factory=dict)
    #: Aliases that stand for several names: nobody can tell which is meant.
    twice: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        for metric in self.metrics:
            self.by_name.setdefault(metric.name, metric)
            if metric.alias is not None and self.by_alias.setdefault(metric.alias, metric).name != metric.name:
                self.twice.add(metric.alias)


@dataclass(slots=True)
class Birth:
    """A birth of an edge node or of one of its devices.

    ``told_at`` is the payload's time in milliseconds, 0 where it has none. ``ended_at``: what came from then on does
    not belong to it; ``is_dead``: a death ended it, and not a later birth.
    """

    birth_id: int
    received_at: dt.datetime
    told_at: int
    ended_at: dt.datetime | None = None
    is_dead: bool = False
    declarations: Declarations | None = None


def candidates(births: Iterable[Birth], at: dt.datetime, deaths: Collection[dt.datetime]) -> list[Birth]:
    """The births by which a message received ``at`` may be read, the likeliest first.

    That is the one in force; else, or for what it does not name, those that came after, as far as no death lies
    between: several processes may take a birth later than the data that follows it.
    """
    found: list[Birth] = []
    ordered = sorted(births, key=lambda birth: birth.received_at)
    before = [birth for birth in ordered if birth.received_at <= at]
    if before and is_in_force(before[-1], at):
        found.append(before[-1])
    ends = {birth.ended_at for birth in ordered if birth.is_dead and birth.ended_at} | set(deaths)
    for birth in ordered[len(before):]:
        if any(at < end <= birth.received_at for end in ends):
            break
        found.append(birth)
    return found


def is_in_force(birth: Birth, at: dt.datetime) -> bool:
    """Whether a birth holds for what was received ``at``."""
    return birth.received_at <= at and (birth.ended_at is None or at < birth.ended_at)


def declare(metrics: Iterable[Told], told_at: int, before: Birth | None, limits: Limits) -> Declarations:
    """What a birth declares, seen beside the one ``before``; of a template, what is in it too."""
    known = before.declarations.by_name if before is not None and before.declarations is not None else {}
    is_same = before is not None and told_at != 0 and before.told_at == told_at
    declared = []
    for metric in (one for told in metrics for one in _with_members(told, limits)):
        if metric.name is None or metric.fault is not None or metric.is_control:
            continue
        was = known.get(metric.name)
        stuck = was is not None and was.at == metric.at != 0 and metric.at < told_at
        if is_same and was is not None:
            stuck = was.is_stuck
        declared.append(Declared(metric.name, metric.alias, known_datatype(metric.datatype, metric.field), metric.at,
                                 stuck, metric.unit))
    return Declarations(declared)


def _with_members(told: Told, limits: Limits) -> Iterator[Told]:
    yield told
    if told.name is not None and is_template(told):
        yield from members(told, told.name, limits)


def dump(declarations: Declarations) -> list[list[Any]]:
    """Declarations as JSON values."""
    return [list(metric) for metric in declarations.metrics]


def load(metrics: Iterable[Sequence[Any]]) -> Declarations:
    """Declarations from what :func:`dump` made."""
    return Declarations([Declared(*metric) for metric in metrics])
