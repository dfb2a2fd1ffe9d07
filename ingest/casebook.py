"""Events into conditions, cases and notices, inside the transaction that stores them.

Whoever calls holds the locks on ``device_last`` of the devices concerned: so each course is followed by one at a time,
and whatever the order in which things are stored, it comes out as in the order of their times.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from ingest.cases import Case, Mark, ends
from ingest.conditions import Said, Told, event_of, said_of, system_of
from ingest.course import Course, CourseKey, Outcome, Standing, follow, held
from ingest.rows import EventRow
from ingest.statuses import Found, StatusBook, ends_after, holds_since
from ingest.unit_days import UnitDay, days_between, mark_unit_days
from ingest.vocabulary import Vocabulary
from policy.clocks import legal_day
from store import Queries
from store.database import Connection

_q = Queries(__file__)
#: PostgreSQL keeps notices in a queue of bounded size: beyond this many in one transaction, one says how many more.
_MOST_NOTICES = 200


@dataclass(slots=True)
class Entry:
    """What was told has come to: ``events`` stored, ``duplicates`` among them, the unit-days that are touched.

    ``outcomes`` are still to be posted.
    """

    events: int = 0
    duplicates: int = 0
    days: set[UnitDay] = field(default_factory=set)
    outcomes: dict[CourseKey, Outcome] = field(default_factory=dict)


class Casebook:
    """Keeps courses and cases. It remembers nothing between batches but the numbers of words."""

    def __init__(self) -> None:
        self._statuses = StatusBook()

    def take(self, connection: Connection, events: Sequence[EventRow], words: Vocabulary,
             units: Mapping[int, int]) -> None:
        """Store events and all that follows from them; ``units`` gives the unit of each device."""
        if events:
            entry = self.enter(connection, Told(list(events)), words, units)
            mark_unit_days(connection, entry.days, legal_day(max(row.received_at for row in events)))
            self.post(connection, entry, units)

    def enter(self, connection: Connection, told: Told, words: Vocabulary, units: Mapping[int, int]) -> Entry:
        """Store events and what was said beside them, and find out what they come to.

        The days are marked before the cases are stored: all in one order, so that two processes can't wait for each
        other.
        """
        entry = Entry()
        if not (told.events or told.said):
            return entry
        added = _add_events(connection, told.events)
        entry.duplicates = len(told.events) - len(added)
        said = told.said + _told_again(told.events, added, words)
        said = self._statuses.add(connection, said, words.resend_window) if said else []
        courses = _courses(connection, [row for row in added if _lasts(row["kind"], words)], said, words)
        sources = _look_up(connection, courses, words)
        entry.outcomes = {key: follow(course) for key, course in courses.items()}
        # Of what is said in this batch the whole row is at hand, of what was said before only by whom.
        rows = {(one.row.device_id, one.row.point, one.row.ts, one.row.received_at): one.row for one in said}
        made = [_made(key, mark, rows, sources) for key, outcome in entry.outcomes.items() for mark in outcome.events]
        added += _add_events(connection, made)
        entry.events = len(added)
        entry.days = {(units[row["device_id"]], legal_day(row["ts"])) for row in added}
        today = legal_day(max(row.received_at for row in told.rows))
        for key, outcome in entry.outcomes.items():
            entry.days |= {(units[key[0]], day) for span in outcome.changed for day in days_between(*span, today)}
        return entry

    def post(self, connection: Connection, entry: Entry, units: Mapping[int, int]) -> None:
        """Write down how things stand now, and tell the pages of each case that opened, ended or was widened."""
        standings = {key: outcome.standing for key, outcome in entry.outcomes.items() if outcome.standing is not None}
        if not standings:
            return
        connection.execute(_q["keep_points"], {
            **_keys(standings), "active": [one.active for one in standings.values()],
            "times": [one.ts for one in standings.values()], "since": [one.since for one in standings.values()]})
        told = _store_cases(connection, {key: outcome.cases for key, outcome in entry.outcomes.items()}, units)
        # After the cases, which know since when a condition holds whatever the order of arrival.
        connection.execute(_q["keep_conditions"], {"devices": sorted({key[0] for key in standings})})
        if told:
            connection.execute(_q["notify"], {"payloads": _notices(told)})


def _told_again(events: Sequence[EventRow], added: Iterable[Mapping[str, Any]], words: Vocabulary) -> list[Said]:
    """Events for which there is one already, with the same second of a device's clock: what lies between them may be
    their opposite, so when each was received still says something."""
    news = {(row["device_id"], row["ts"], row["kind"], row["point"], row["active"], row["received_at"])
            for row in added}
    return [said_of(row, words.lasting) for row in events if _lasts(row.kind, words) and not row.is_redelivery and (
        row.device_id, row.ts, row.kind, row.point, row.active, row.received_at) not in news]


def _lasts(kind: str, words: Vocabulary) -> bool:
    return kind in words.kinds and words.kinds[kind].lasts


def _courses(connection: Connection, added: list[dict[str, Any]], said: list[Said],
             words: Vocabulary) -> dict[CourseKey, Course]:
    """The courses of which there are news, each with what is known to stand."""
    earliest: dict[int, dt.datetime] = {}
    for number, ts in [(row["device_id"], row["ts"]) for row in added] + [
            (one.row.device_id, one.row.ts) for one in said]:
        earliest[number] = min(earliest.get(number, ts), ts)
    if not earliest:
        return {}
    standings = {(row["device_id"], row["kind"], row["point"]): Standing(row["active"], row["since"], row["ts"])
                 for row in connection.execute(_q["standings"], {
                     "devices": list(earliest), "earliest": list(earliest.values())}).fetchall()}
    news: dict[CourseKey, list[Mark]] = defaultdict(list)
    for row in added:
        news[row["device_id"], row["kind"], row["point"]].append(Mark(row["ts"], row["received_at"], row["active"]))
    for one in said:
        for kind in one.holds:
            news[one.row.device_id, kind, one.row.point].append(_mark(one, active=True))
    # An end says something of what held, or holds by what came with it.
    at_points: dict[tuple[int, str], set[CourseKey]] = defaultdict(set)
    of_systems: dict[tuple[int, str], set[CourseKey]] = defaultdict(set)
    for key in standings.keys() | news.keys():
        at_points[key[0], key[2]].add(key)
        of_systems[key[0], system_of(key[2])].add(key)
    for one in said:
        for key in (of_systems if one.is_reset else at_points).get((one.row.device_id, one.row.point), ()):
            if key[1] in one.ends:
                news[key].append(_mark(one, active=False))
    courses = {key: Course(standings.get(key), words.kinds[key[1]].is_case, marks) for key, marks in news.items()}
    return {key: course for key, course in courses.items() if not course.is_nothing}


def _mark(said: Said, *, active: bool) -> Mark:
    return Mark(said.row.ts, said.row.received_at, active, is_event=False)


def _look_up(connection: Connection, courses: dict[CourseKey, Course], words: Vocabulary) -> dict[
        tuple[CourseKey, Mark], str]:
    """Give each course its cases and what is known since its first news; returns the source of what was only said."""
    for course in courses.values():
        if course.goes_on and course.standing is not None:
            course.start = held(course.standing.since, course.standing.ts)
    _add_stored(connection, {key: course for key, course in courses.items() if course.is_case})
    asked = [(key, course) for key, course in courses.items() if not course.goes_on]
    if not asked:
        return {}
    _add_starts(connection, [(key, course) for key, course in asked if course.is_late and not course.is_case])
    keys = [key for key, _ in asked]
    since = [min([course.first.ts, *(case.opened_at for case in course.stored)]) for _, course in asked]
    for row in connection.execute(_q["marks"], {**_keys(keys), "since": since, "earliest": min(since)}).fetchall():
        asked[row["place"]][1].known.append(Mark(row["ts"], row["received_at"], row["active"]))
    found: list[Found] = holds_since(connection, keys, since)
    for one in found:
        asked[one.place][1].known.append(one.mark)
    over = ends_after(connection, [
        (place, key, mark) for place, (key, course) in enumerate(asked)
        for mark in [*course.start, *course.known, *ends(course.stored, course.known)] if mark.active],
        words.resend_window)
    for one in over:
        asked[one.place][1].known.append(one.mark)
    return {(keys[one.place], one.mark): one.source for one in found + over}


def _add_stored(connection: Connection, courses: Mapping[CourseKey, Course]) -> None:
    if not courses:
        return
    rows = connection.execute(_q["cases"], {
        **_keys(courses), "since": [course.first.ts for course in courses.values()]}).fetchall()
    for row in rows:
        courses[row["device_id"], row["kind"], row["point"]].stored.append(
            Case(row["alarm_id"], row["opened_at"], row["received_at"], row["last_at"], row["restored_at"]))


def _add_starts(connection: Connection, late: list[tuple[CourseKey, Course]]) -> None:
    """What held before late news of kinds that open no cases, which would know."""
    if not late:
        return
    for row in connection.execute(_q["last_before"], {
            **_keys([key for key, _ in late]), "since": [course.first.ts for _, course in late]}).fetchall():
        course = late[row["place"]][1]
        if row["active"]:
            standing = course.standing
            goes_back = standing is not None and standing.active and standing.since <= row["ts"]
            course.start = held(standing.since if standing and goes_back else row["ts"], row["ts"])


def _made(key: CourseKey, mark: Mark, rows: Mapping[tuple[int, str, dt.datetime, dt.datetime], EventRow],
          sources: Mapping[tuple[CourseKey, Mark], str]) -> EventRow:
    number, kind, point = key
    for place in (point, system_of(point)):
        row = rows.get((number, place, mark.ts, mark.received_at))
        if row is not None:
            return event_of(row, kind, point, active=mark.active)
    return EventRow(number, mark.ts, kind, point, mark.active, "{}", None, mark.received_at, sources[key, mark])


def _add_events(connection: Connection, rows: Iterable[EventRow]) -> list[dict[str, Any]]:
    """Store events; returns those that were not there yet."""
    kept = list(rows)
    if not kept:
        return []
    return connection.execute(_q["add_events"], {
        "devices": [row.device_id for row in kept], "times": [row.ts for row in kept],
        "kinds": [row.kind for row in kept], "points": [row.point for row in kept],
        "active": [row.active for row in kept], "details": [row.detail for row in kept],
        "device_times": [row.device_ts for row in kept], "received": [row.received_at for row in kept],
        "sources": [row.source for row in kept]}).fetchall()


def _store_cases(connection: Connection, cases: Mapping[CourseKey, list[Case]],
                 units: Mapping[int, int]) -> list[dict[str, Any]]:
    fresh = [(key, case) for key, changed in cases.items() for case in changed if case.alarm_id is None]
    other = [case for changed in cases.values() for case in changed if case.alarm_id is not None]
    told: list[dict[str, Any]] = []
    # Changed first: a widened case frees the place where a split-off one begins.
    if other:
        told += connection.execute(_q["change_cases"], {"alarms": [case.alarm_id for case in other],
                                                        **_case_columns(other)}).fetchall()
    if fresh:
        told += connection.execute(_q["open_cases"], {
            **_keys([key for key, _ in fresh]), "units": [units[key[0]] for key, _ in fresh],
            **_case_columns([case for _, case in fresh])}).fetchall()
    return told


def _notices(told: list[dict[str, Any]]) -> list[str]:
    notices = [orjson.dumps({"alarm_id": row["alarm_id"], "device_id": row["device_id"], "unit_id": row["unit_id"],
                             "kind": row["kind"], "open": row["open"]}).decode() for row in told[:_MOST_NOTICES]]
    if len(told) > _MOST_NOTICES:
        notices.append(orjson.dumps({"more": len(told) - _MOST_NOTICES}).decode())
    return notices


def _case_columns(cases: list[Case]) -> dict[str, list[Any]]:
    return {"opened": [case.opened_at for case in cases], "received": [case.received_at for case in cases],
            "last": [case.last_at for case in cases], "restored": [case.restored_at for case in cases]}


def _keys(keys: Collection[CourseKey]) -> dict[str, list[Any]]:
    return {"devices": [key[0] for key in keys], "kinds": [key[1] for key in keys], "points": [key[2] for key in keys]}
