"""Where the matters in hand play: units and officers to choose from, and moments counted in working days back."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from huoyan.embedded.errors import EmbeddedError
from policy import calendar
from policy.clocks import SHANGHAI, legal_day
from store import Database, Queries

q = Queries(__file__)

#: The login that enters what the brigade does, and that of the town.
DUTY, TOWN = "duty", "town"
#: The areas of these logins.
DISTRICT, TOWN_CODE = "990101", "990101001"
_RECENT_DAYS = 150


@dataclass(frozen=True)
class Place:
    """A unit with its newest visits that found what a fine is for: (number, day, items, names of the items)."""

    unit_id: int
    unit_no: str
    area_code: str
    kind: str
    is_key: bool
    is_crowded: bool
    visits: tuple[tuple[str, dt.date, tuple[str, ...], tuple[str, ...]], ...]

    def visit(self, by: dt.date) -> tuple[str, dt.date, tuple[str, ...], tuple[str, ...]] | None:
        """The newest of these visits by a day."""
        return max((one for one in self.visits if one[1] <= by), key=lambda one: one[1], default=None)


def _place(row: dict[str, Any]) -> Place:
    visits = zip(row["visit_nos"], row["visit_days"], row["visit_items"], row["visit_names"], strict=True)
    return Place(row["unit_id"], row["unit_no"], row["area_code"], row["kind"], row["is_key"], row["is_crowded"],
                 tuple((number, day, tuple(items.split(",")), tuple(names.split(",")))
                       for number, day, items, names in visits))


def welcomes(place: Place) -> bool:
    """Whether guests come and go there: where a business is stopped, sealed or opened."""
    return place.kind in ("entertainment", "hotel", "mall", "restaurant", "cinema")


@dataclass
class Scene:
    """The district on the day of the demo. Units are given out once each, in an order that the district's seed sets."""

    db: Database
    now: dt.datetime
    units: list[Place]
    officers: list[dict[str, Any]]
    leave: list[dict[str, Any]]
    recused: set[tuple[str, int]]
    _given: list[Place] = field(default_factory=list)

    @classmethod
    def of(cls, db: Database, now: dt.datetime) -> Scene:
        """Read what there is to choose from."""
        today = legal_day(now)
        with db.connection() as connection:
            units = connection.execute(q["units"], {"since": today - dt.timedelta(days=_RECENT_DAYS),
                                                    "day": today}).fetchall()
            officers = connection.execute(q["officers"], {"day": today}).fetchall()
            leave = connection.execute(q["leave"]).fetchall()
            recused = {(row["officer_no"], row["unit_id"]) for row in connection.execute(q["recused"]).fetchall()}
        if not units or not officers:
            raise EmbeddedError("the district has no units or no officers of a brigade: start over with --reset")
        places = [_place(row) for row in units]
        places.sort(key=lambda place: hashlib.sha256(place.unit_no.encode()).digest())
        return cls(db, now, places, officers, leave, recused)

    @property
    def today(self) -> dt.date:
        return legal_day(self.now)

    def day(self, back: int) -> dt.date:
        """The ``back``-th working day before today."""
        return calendar().before(self.today, back)

    def at(self, back: int, hour: int, minute: int = 0) -> dt.datetime:
        """A moment of that day."""
        return dt.datetime.combine(self.day(back), dt.time(hour, minute), SHANGHAI)

    def take(self, *wishes: Callable[[Place], Any]) -> Place:
        """A unit that was not given out yet, by the first wish that one answers to, else any."""
        left = [place for place in self.units if place not in self._given] or self.units
        found = next((place for wish in wishes for place in left if wish(place)), left[0])
        self._given.append(found)
        return found

    def fit(self, officers: Sequence[dict[str, Any]], place: Place, *backs: int) -> list[str]:
        """Which of some officers may act at a unit on all of these days."""
        days = [self.day(back) for back in backs]
        return [row["officer_no"] for row in officers
                if (row["officer_no"], place.unit_id) not in self.recused
                and all(row["certificate_from"] <= day <= row["certificate_to"] for day in days)
                and not any(one["officer_no"] == row["officer_no"] and one["from_day"] <= day <= one["to_day"]
                            for one in self.leave for day in days)]

    def town_officers(self, town: str) -> list[dict[str, Any]]:
        """The officers of a town."""
        return self.db.rows(q["town_officers"], {"town": town})

    def team(self, place: Place, *backs: int) -> list[str]:
        """Two officers of the brigade who may act at a unit on all of these days."""
        fit = self.fit(self.officers, place, *backs)
        if len(fit) < 2:
            raise EmbeddedError(f"no two officers of the brigade could act at {place.unit_no} on {self.day(backs[0])}: "
                                "start over with --reset and another --seed")
        first = place.unit_id % len(fit)
        return [fit[first], fit[(first + 1) % len(fit)]]

    def other(self, place: Place, team: Sequence[str]) -> str:
        """An officer of the brigade who handles none of it and is not recused: who reviews, or sits with the team."""
        return str(next(row["officer_no"] for row in self.officers if row["officer_no"] not in team
                        and (row["officer_no"], place.unit_id) not in self.recused))

    def meeting(self, place: Place, team: Sequence[str], held_at: dt.datetime) -> dict[str, Any]:
        """A meeting of three that agreed, with its minutes."""
        name = f"minutes/{place.unit_no}-{held_at:%Y%m%d%H}.pdf"
        return {"held_at": held_at, "members": [*team, self.other(place, team)], "agreed": True,
                "minutes_uri": f"simulator://{name}", "minutes_sha256": digest(name)}


def digest(text: str) -> str:
    """The digest of a file that the demo only names."""
    return hashlib.sha256(text.encode()).hexdigest()


def video(name: str, seconds: int = 600) -> dict[str, Any]:
    """A recording, as a form takes it."""
    return {"kind": "video", "uri": f"simulator://records/{name}.mp4", "sha256": digest(name), "seconds": seconds}
