"""Alarm cases: a condition from its first report to its restore, by event time whatever the order of arrival. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Mark:
    """What was told of one (device, kind, point): it began or still holds (``active``), or it is over.

    ``is_event`` is False where that was said by a report of more, and no event has been made of it yet.
    """

    ts: dt.datetime
    received_at: dt.datetime
    active: bool
    is_event: bool = True


@dataclass(frozen=True, slots=True)
class Case:
    """One row of ``alarms``. ``alarm_id`` is None until stored; ``restored_at`` None while it is open."""

    alarm_id: int | None
    opened_at: dt.datetime
    received_at: dt.datetime
    last_at: dt.datetime
    restored_at: dt.datetime | None


def in_order(mark: Mark) -> tuple[dt.datetime, dt.datetime, int]:
    """Where a mark belongs among others: by its time, within one moment by receipt.

    Received at one moment, what one message tells to begin and to end was over at once; but what another does not name
    is no end of it.
    """
    return mark.ts, mark.received_at, 1 if mark.active else 2 if mark.is_event else 0


@dataclass(slots=True)
class Run:
    """A case with the mark that opened it, the one that ended it, and the times of the active marks in it."""

    case: Case
    opened: Mark
    ended: Mark | None
    times: set[dt.datetime]


def fold(marks: Iterable[Mark]) -> list[Case]:
    """The cases that a history of marks makes: each from an active mark to the next restore.

    Of marks at the same time the one received first counts first: a restore in the second of its alarm closes it.
    """
    return [run.case for run in runs(marks)]


def runs(marks: Iterable[Mark]) -> list[Run]:
    """As :func:`fold`. No two runs share the time of an active mark: what was told twice for one moment began once."""
    found: list[Run] = []
    for mark in sorted(marks, key=in_order):
        run = found[-1] if found and found[-1].ended is None else None
        if mark.active:
            if found and run is None and mark.ts in found[-1].times:
                continue
            if run is None:
                found.append(Run(Case(None, mark.ts, mark.received_at, mark.ts, None), mark, None, {mark.ts}))
            else:
                run.case = replace(run.case, received_at=min(run.case.received_at, mark.received_at), last_at=mark.ts)
                run.times.add(mark.ts)
        elif run is not None:
            run.case, run.ended = replace(run.case, restored_at=mark.ts), mark
    return found


def ends(stored: Sequence[Case], marks: Iterable[Mark]) -> list[Mark]:
    """The ends of stored cases that none of ``marks`` tells of: a case may have come with an import."""
    told = {(mark.ts, mark.active) for mark in marks}
    found: list[Mark] = []
    for case in stored:
        times = [(case.opened_at, True), (case.last_at, True)]
        if case.restored_at is not None:
            times.append((case.restored_at, False))
        found += [Mark(ts, case.received_at, active) for ts, active in times if (ts, active) not in told]
    return found


def reconcile(stored: Sequence[Case], marks: Iterable[Mark]) -> list[Case]:
    """The cases to insert (``alarm_id`` None) or update so that ``stored`` agrees with ``marks``.

    ``stored`` are the cases that end after the first mark; their own ends count as marks too, since a case may have
    come with an import, or been closed by a person, without an event. New marks only widen or split a case, they never
    join two: so each stored case stays itself, with its verdict.
    """
    history = list(marks)
    waiting = {case.opened_at: case for case in stored}
    changed = []
    for run in runs([*history, *ends(stored, history)]):
        case = run.case
        # A stored case goes on in the one that its opening is in; of two that turn out to be one, the earlier.
        own = next((waiting[time] for time in sorted(run.times) if time in waiting), None)
        if own is None:
            changed.append(case)
            continue
        merged = replace(case, alarm_id=own.alarm_id, received_at=min(own.received_at, case.received_at))
        if merged != own:
            changed.append(merged)
    return changed
