"""Alarm cases: a condition from its first report to its restore, by event time whatever the order of arrival. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Mark:
    """An event of one (device, kind, point): it began or still holds (``active``), or it was restored."""

    ts: dt.datetime
    received_at: dt.datetime
    active: bool


@dataclass(frozen=True, slots=True)
class Case:
    """One row of ``alarms``. ``alarm_id`` is None until stored; ``restored_at`` None while it is open."""

    alarm_id: int | None
    opened_at: dt.datetime
    received_at: dt.datetime
    last_at: dt.datetime
    restored_at: dt.datetime | None


def fold(marks: Iterable[Mark]) -> list[Case]:
    """The cases that a history of marks makes: each from an active mark to the next restore.

    Of marks at the same time the one received first counts first: a restore in the second of its alarm closes it.
    """
    return [case for case, _ in _fold(marks)]


def _fold(marks: Iterable[Mark]) -> list[tuple[Case, set[dt.datetime]]]:
    """Each case with the times of the active marks in it: no two cases share one."""
    cases: list[tuple[Case, set[dt.datetime]]] = []
    opened: Case | None = None
    for mark in sorted(marks, key=lambda mark: (mark.ts, mark.received_at, not mark.active)):
        if mark.active:
            if opened is None:
                opened = Case(None, mark.ts, mark.received_at, mark.ts, None)
                cases.append((opened, set()))
            else:
                opened = replace(opened, received_at=min(opened.received_at, mark.received_at), last_at=mark.ts)
            times = cases[-1][1] | {mark.ts}
        elif opened is not None:
            opened, times = replace(opened, restored_at=mark.ts), cases[-1][1]
        else:
            continue
        cases[-1] = opened, times
        opened = opened if mark.active else None
    return cases


def reconcile(stored: Sequence[Case], marks: Iterable[Mark]) -> list[Case]:
    """The cases to insert (``alarm_id`` None) or update so that ``stored`` agrees with ``marks``.

    ``stored`` are the cases that end after the first mark; their own ends count as marks too, since a case may have
    come with an import, or been closed by a person, without an event. New marks only widen or split a case, they never
    join two: so each stored case stays itself, with its verdict.
    """
    history = list(marks)
    told = {(mark.ts, mark.active) for mark in history}
    for case in stored:
        ends = [(case.opened_at, True), (case.last_at, True)]
        if case.restored_at is not None:
            ends.append((case.restored_at, False))
        history += [Mark(ts, case.received_at, active) for ts, active in ends if (ts, active) not in told]
    waiting = {case.opened_at: case for case in stored}
    changed = []
    for case, times in _fold(history):
        # A stored case goes on in the one that its opening is in; of two that turn out to be one, the earlier.
        own = next((waiting[time] for time in sorted(times) if time in waiting), None)
        if own is None:
            changed.append(case)
            continue
        merged = replace(case, alarm_id=own.alarm_id, received_at=min(own.received_at, case.received_at))
        if merged != own:
            changed.append(merged)
    return changed
