"""The course of a condition at one point: what is new of it, with what is known, comes to cases, events and days. Pure.

What was told counts by its time, and within one moment by when it was received. So whoever stores it, in whatever
order, the course comes out the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ingest.cases import Case, Mark, ends, in_order, reconcile, runs

#: (device, kind, point): whose course it is.
CourseKey = tuple[int, str, str]
#: When something began and ended; it has not ended where that is None.
Span = tuple[dt.datetime, dt.datetime | None]
_LONG_AGO = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Standing:
    """A row of ``device_points``: ``since`` is when the condition began, ``ts`` when it was last told; of one that is
    over, both are its end."""

    active: bool
    since: dt.datetime
    ts: dt.datetime


@dataclass(slots=True)
class Course:
    """What is known of a condition.

    ``news`` came now, ``known`` are the marks from the first of ``news`` on, those among them; ``start`` stands for
    what was before; ``stored`` are the cases that it touches, none where its kind opens no cases.
    """

    standing: Standing | None
    is_case: bool
    news: list[Mark] = field(default_factory=list)
    known: list[Mark] = field(default_factory=list)
    start: list[Mark] = field(default_factory=list)
    stored: list[Case] = field(default_factory=list)

    @property
    def first(self) -> Mark:
        return min(self.news, key=in_order)

    @property
    def is_late(self) -> bool:
        """Whether the condition has changed since, or was told again."""
        return self.standing is not None and self.first.ts <= self.standing.ts

    @property
    def goes_on(self) -> bool:
        """Whether all news are later than what is known of a condition that holds: nothing else need be looked up."""
        return self.standing is not None and self.standing.active and not self.is_late

    @property
    def is_nothing(self) -> bool:
        """Whether it is only said that what does not hold does not hold."""
        return not self.is_late and not self.goes_on and not any(mark.active for mark in self.news)


@dataclass(slots=True)
class Outcome:
    """What a course comes to: cases to store, marks of which an event is to be made, stretches that have changed."""

    standing: Standing | None
    cases: list[Case]
    events: list[Mark]
    changed: list[Span]


def held(since: dt.datetime, told: dt.datetime) -> list[Mark]:
    """Marks for a condition that began and was last told at these times, before all others of the same time."""
    return [Mark(since, _LONG_AGO, active=True), Mark(told, _LONG_AGO, active=True)]


def follow(course: Course) -> Outcome:
    """What a course comes to, now that ``news`` are known."""
    told = course.news if course.goes_on else course.known
    before: list[Span]
    if course.is_case:
        imported = ends(course.stored, told)
        before = [(case.opened_at, case.restored_at) for case in course.stored]
        after = [(run.case.opened_at, run.case.restored_at) for run in runs([*imported, *told])]
        found = runs([*course.start, *imported, *told])
        cases = reconcile(course.stored, told)
    else:
        news = set(course.news)
        before = _spans([*course.start, *(mark for mark in told if mark not in news)])
        found, cases = runs([*course.start, *told]), []
        after = [(run.case.opened_at, run.case.restored_at) for run in found]
    events = {(mark.ts, mark.active) for mark in told if mark.is_event}
    made = [mark for run in found for mark in (run.opened, run.ended)
            if mark is not None and not mark.is_event and (mark.ts, mark.active) not in events]
    last = found[-1].case if found else None
    standing = None
    if last is not None:
        standing = (Standing(True, last.opened_at, last.last_at) if last.restored_at is None else
                    Standing(False, last.restored_at, last.restored_at))
    return Outcome(standing, cases, made, _difference(before, after))


def _spans(marks: Iterable[Mark]) -> list[Span]:
    return [(run.case.opened_at, run.case.restored_at) for run in runs(marks)]


def _difference(before: Sequence[Span], after: Sequence[Span]) -> list[Span]:
    """The stretches that only one of the two covers; neither overlaps itself."""
    both = set(before) & set(after)
    steps: dict[dt.datetime, tuple[int, int]] = {}
    for which, spans in enumerate((before, after)):
        for span in spans:
            if span in both:
                continue
            for moment, step in ((span[0], 1), (span[1], -1)):
                if moment is None:
                    continue
                one = steps.get(moment, (0, 0))
                steps[moment] = (one[0] + step, one[1]) if which == 0 else (one[0], one[1] + step)
    found: list[Span] = []
    covers, since = [0, 0], None
    for moment in sorted(steps):
        covers = [covers[0] + steps[moment][0], covers[1] + steps[moment][1]]
        differs = bool(covers[0]) != bool(covers[1])
        if differs and since is None:
            since = moment
        elif not differs and since is not None:
            found.append((since, moment))
            since = None
    if since is not None:
        found.append((since, None))
    return found
