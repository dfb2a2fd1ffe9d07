"""What was said of points without an event of its own: kept for as long as something earlier may still come late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.cases import Mark
from ingest.conditions import Said, system_of
from ingest.course import CourseKey
from store import Queries
from store.database import Connection

_q = Queries(__file__)
_MOST_WORDS = 20_000
_NEVER = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)

#: Device, point, time, number of the word.
_Place = tuple[int, str, dt.datetime, int]
#: Source, kinds that hold, kinds that are over, whether of a whole system.
Word = tuple[str, tuple[str, ...], tuple[str, ...], bool]


@dataclass(frozen=True, slots=True)
class Found:
    """A mark that a stored status comes to for a course, at the place of the course in the question."""

    place: int
    mark: Mark
    source: str


def word_of(said: Said) -> Word:
    """What is said, without of what and when."""
    return said.row.source, tuple(sorted(said.holds)), tuple(sorted(said.ends)), said.is_reset


class StatusBook:
    """Adds statuses. It remembers the numbers of the words, which never change."""

    def __init__(self) -> None:
        self._numbers: dict[Word, int] = {}

    def add(self, connection: Connection, said: Sequence[Said], resend_window: dt.timedelta) -> list[Said]:
        """Store what was said; returns what is new.

        Not among it are resets that their device sent again: those have had their effect, a fire since is a new one.
        """
        numbers = self._know(connection, map(word_of, said))
        places = [(one.row.device_id, one.row.point, one.row.ts, numbers[word_of(one)]) for one in said]
        known = _known(connection, [place for place, one in zip(places, said, strict=True)
                                     if one.row.is_redelivery])
        kept: dict[tuple[_Place, dt.datetime], Said] = {}
        for place, one in zip(places, said, strict=True):
            if not (one.row.is_redelivery and place in known):
                kept.setdefault((place, one.row.received_at), one)
                known.add(place)
        if not kept:
            return []
        rows = connection.execute(_q["add"], {
            **_place_columns([place for place, _ in kept]), "received": [received for _, received in kept],
            "packets": [one.packet for one in kept.values()]}).fetchall()
        news = {_key(row) for row in rows}
        if any(one.packet is not None for one in kept.values()):
            again = connection.execute(_q["sent_again"], {
                **_place_columns([place for place, _ in news]), "window": resend_window}).fetchall()
            news -= {_key(row) for row in again}
        return [one for key, one in kept.items() if key in news]

    def _know(self, connection: Connection, words: Iterable[Word]) -> dict[Word, int]:
        """The numbers of words. One that is new is remembered when it is met again: the batch may be rolled back."""
        asked = set(words)
        missing = sorted(asked - self._numbers.keys())
        if not missing:
            return {word: self._numbers[word] for word in asked}
        if len(self._numbers) >= _MOST_WORDS:
            self._numbers.clear()
            return self._know(connection, asked)
        new: dict[Word, int] = {}
        for word in missing:
            parameters = {"source": word[0], "holds": list(word[1]), "ends": list(word[2]), "reset": word[3]}
            row = connection.execute(_q["word"], parameters).fetchone()
            if row is not None:
                self._numbers[word] = row["word_id"]
                continue
            connection.execute(_q["add_word"], parameters)
            row = connection.execute(_q["word"], parameters).fetchone()
            assert row is not None  # noqa: S101  it is there, whoever put it
            new[word] = row["word_id"]
        return {word: self._numbers[word] if word in self._numbers else new[word] for word in asked}


def _known(connection: Connection, places: Sequence[_Place]) -> set[_Place]:
    if not places:
        return set()
    return {_key(row)[0] for row in connection.execute(_q["known"], _place_columns(places)).fetchall()}


def _key(row: Mapping[str, Any]) -> tuple[_Place, dt.datetime]:
    return (row["device_id"], row["point"], row["ts"], row["word_id"]), row.get("received_at", _NEVER)


def _place_columns(places: Sequence[_Place]) -> dict[str, list[Any]]:
    return {"devices": [place[0] for place in places], "points": [place[1] for place in places],
            "times": [place[2] for place in places], "words": [place[3] for place in places]}


def holds_since(connection: Connection, keys: Sequence[CourseKey], since: Sequence[dt.datetime]) -> list[Found]:
    """What stored statuses say to hold, of each course from its time on."""
    rows = connection.execute(_q["holds"], {**_columns(keys), "since": list(since)}).fetchall()
    return [Found(row["place"], Mark(row["ts"], row["received_at"], True, is_event=False), row["source"])
            for row in rows]


def ends_after(connection: Connection, marks: Sequence[tuple[int, CourseKey, Mark]],
               resend_window: dt.timedelta) -> list[Found]:
    """For each mark, with the place of its course, the first stored statuses that end what it told of."""
    if not marks:
        return []
    rows = connection.execute(_q["ends"], {
        **_columns([key for _, key, _ in marks]), "systems": [system_of(key[2]) for _, key, _ in marks],
        "times": [mark.ts for _, _, mark in marks], "received": [mark.received_at for _, _, mark in marks],
        "window": resend_window}).fetchall()
    return [Found(marks[row["place"]][0], Mark(row["ts"], row["received_at"], False, is_event=False), row["source"])
            for row in rows]


def _columns(keys: Sequence[CourseKey]) -> dict[str, list[int] | list[str]]:
    return {"devices": [key[0] for key in keys], "kinds": [key[1] for key in keys], "points": [key[2] for key in keys]}
