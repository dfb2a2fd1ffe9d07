"""What the registers and the record say on the day a plan is made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from policy import calendar, rules
from registry import items
from registry.items import Item
from sampling.errors import RatioError
from sampling.parameters import Parameters
from sampling.plans.capacity import Enrolled
from sampling.plans.shares import MONTHS
from sampling.plans.targets import Held, Key
from store import Queries
from store.database import Connection

q = Queries(__file__)


@dataclass(frozen=True)
class Span:
    """The days of a plan of ``year``: made as things stand on ``as_of``, for what begins on ``first``.

    ``rules_on`` is the day whose rules hold: those of the first day planned for.
    """

    year: int
    as_of: dt.date
    first: dt.date

    @classmethod
    def of_year(cls, year: int, as_of: dt.date) -> Span:
        return cls(year, as_of, max(dt.date(year, 1, 1), as_of))

    @property
    def last(self) -> dt.date:
        return dt.date(self.year, 12, 31)

    @property
    def days(self) -> list[dt.date]:
        """The working days that are planned for."""
        return calendar().between(self.first, self.last)


@dataclass(frozen=True)
class Rules:
    """The parameters of the draw on the day, and the few that only plans have."""

    draw: Parameters
    season: dict[int, float]
    reserve: float
    least_units: int

    @classmethod
    def on(cls, day: dt.date) -> Rules:
        """The rules of ``day``; :class:`RatioError` where one of a plan's own can't be used."""
        book = rules()
        try:
            season = {int(month): float(weight) for month, weight in book.value("plans.season", day).items()}
            reserve = float(book.value("plans.reserve", day))
            least = int(book.value("plans.public_least_units", day))
        except (TypeError, ValueError, AttributeError) as error:
            raise RatioError(f"a rule of plans on {day} has not the form it needs: {error}") from None
        if set(season) != set(MONTHS) or min(season.values()) <= 0:
            raise RatioError("plans.season must give each month, 1 to 12, a weight above 0: none goes without visits")
        if not 0 <= reserve < 1:
            raise RatioError("plans.reserve must be 0 or more and below 1")
        return cls(Parameters.on(day), season, reserve, least)


def held(connection: Connection, span: Span, parameters: Parameters) -> tuple[dict[Key, Held], dt.date | None]:
    """Units by area, group and class with what is done and planned, and the day of the scores that gave the classes.

    This is the one place where a plan learns of visits that are planned already: campaigns and drawn visits that wait.
    """
    row = connection.execute(q["scores_as_of"], [span.as_of]).fetchone()
    scores = row["as_of"] if row else None
    rows = connection.execute(q["held"], {
        "kinds": parameters.counted_kinds, "as_of": span.as_of, "year_start": dt.date(span.year, 1, 1),
        "year_end": span.last, "open_since": span.as_of - dt.timedelta(days=parameters.planned_open_days),
        "unscored": parameters.class_without_score, "scores_as_of": scores}).fetchall()
    return gathered(rows), scores


def gathered(rows: Sequence[dict[str, Any]]) -> dict[Key, Held]:
    """Counted rows put together by area, group and class."""
    out: dict[Key, Held] = {}
    for row in rows:
        key = row["area"], row["group"], row["risk_class"]
        one = out.get(key, Held(0))
        booked = list(one.booked)
        if row["booked"]:
            booked[row["booked"] - 1] += row["units"]
        out[key] = Held(one.units + row["units"], one.done + (row["units"] if row["done"] else 0), tuple(booked))
    return out


def officers(connection: Connection, span: Span) -> list[Enrolled]:
    """Active officers with their certificates and the leave that falls into the plan."""
    return [Enrolled(row["officer_no"], row["body"], tuple(row["area_codes"]), row["can_lead"], row["daily_visits"],
                     row["certified"], row["certificate_from"], row["certificate_to"],
                     tuple((first, last) for first, last in row["leave"]))
            for row in connection.execute(q["officers"], {"first": span.first, "last": span.last})]


def areas(connection: Connection) -> dict[str, dict[str, str | None]]:
    """Areas by code, with name and parent."""
    return {row["area_code"]: {"parent": row["parent_code"], "zh": row["name_zh"], "en": row["name_en"]}
            for row in connection.execute(q["areas"])}


def item_list(connection: Connection, day: dt.date) -> list[Item]:
    """The inspection items that hold on ``day`` (一单)."""
    return items.on(connection, day)
