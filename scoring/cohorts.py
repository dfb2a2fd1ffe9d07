"""Past visits in stretches of days, each explained by what was known before the first day of its stretch.

What a stretch found is known only once it has ended: a model for a day learns from stretches that end before it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring import district, features
from scoring.additive import Floats, Inputs
from scoring.district import District
from scoring.features import FeatureTable
from store import Queries
from store.database import Connection

q = Queries(__file__)

OUTCOMES = ("critical", "serious", "any", "major")


@dataclass(frozen=True)
class Cohort:
    """The visits of ``[as_of, until)``; ``table`` has the features of their units, ``place`` the row of each visit."""

    as_of: dt.date
    until: dt.date
    table: FeatureTable
    place: npt.NDArray[np.intp]
    number: tuple[str, ...]
    day: npt.NDArray[np.int64]
    team: tuple[str, ...]
    arm: tuple[str | None, ...]
    probability: Floats
    positive: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.place)

    def inputs(self) -> Inputs:
        """What was known before each visit."""
        return taken(Inputs.of(self.table), self.place)

    def sample(self, kept: npt.NDArray[np.bool_]) -> Cohort:
        """The visits kept."""
        at = np.flatnonzero(kept)
        return Cohort(self.as_of, self.until, self.table, self.place[at], tuple(self.number[n] for n in at),
                      self.day[at], tuple(self.team[n] for n in at), tuple(self.arm[n] for n in at),
                      self.probability[at], self.positive[at])


def record(connection: Connection, stretches: Sequence[tuple[dt.date, dt.date]]) -> District | None:
    """What to give to :func:`load` for each of several stretches, so that the record is read once for all of them."""
    return district.read(connection, stretches[-1][0]) if len(stretches) > 1 else None


def load_all(connection: Connection, stretches: Sequence[tuple[dt.date, dt.date]], outcome: str) -> list[Cohort | None]:
    """The visits of each stretch, with what had been found at them by its end."""
    known = record(connection, stretches)
    return [load(connection, first, until, outcome, until, known) for first, until in stretches]


def load(connection: Connection, as_of: dt.date, until: dt.date, outcome: str, known_before: dt.date | None = None,
         known: District | None = None) -> Cohort | None:
    """The visits of ``[as_of, until)`` and whether each found ``outcome``; None where there was none.

    With ``known_before``, only findings of days before it count: nothing that was entered for later leaks in.
    """
    rows = connection.execute(q["visits"], {"first": as_of, "until": until, "known_before": known_before or "infinity"},
                              ).fetchall()
    if not rows:
        return None
    table = features.load(connection, as_of, sorted({row["unit_id"] for row in rows}), known)
    row_of = {int(unit): number for number, unit in enumerate(table.unit_id)}
    return Cohort(
        as_of, until, table, np.array([row_of[row["unit_id"]] for row in rows], dtype=np.intp),
        tuple(row["inspection_no"] for row in rows),
        np.array([row["inspected_on"].toordinal() for row in rows], dtype=np.int64),
        tuple(row["team"] for row in rows), tuple(row["arm"] for row in rows),
        np.array([np.nan if row["draw_probability"] is None else row["draw_probability"] for row in rows]),
        np.array([row[outcome] > 0 for row in rows], dtype=bool))


def before(connection: Connection, until: dt.date, *, days: int, most: int) -> list[tuple[dt.date, dt.date]]:
    """Stretches of ``days`` that end on ``until`` or where the next one begins, the oldest first, at most ``most``."""
    row = connection.execute(q["first_visit"]).fetchone()
    first = row["day"] if row else None
    found: list[tuple[dt.date, dt.date]] = []
    while first is not None and until > first and len(found) < most:
        begins = until - dt.timedelta(days=days)
        found.append((begins, until))
        until = begins
    return found[::-1]


def newest(past: Sequence[Cohort], share: float) -> int:
    """Where in ``past`` the newest stretches begin that together hold ``share`` of all visits."""
    first, held, wanted = len(past), 0, share * sum(map(len, past))
    while first > 0 and held < wanted:
        first -= 1
        held += len(past[first])
    return first


def taken(inputs: Inputs, place: npt.NDArray[np.intp]) -> Inputs:
    """The rows of ``place``."""
    return Inputs({name: column[place] for name, column in inputs.numbers.items()},
                  {name: [words[at] for at in place] for name, words in inputs.words.items()}, len(place))


def joined(parts: Sequence[Inputs]) -> Inputs:
    """The rows of all parts; a feature that a part does not have is not known there."""
    numbers = sorted({name for part in parts for name in part.numbers})
    words = sorted({name for part in parts for name in part.words})
    return Inputs({name: np.concatenate([part.numbers.get(name, np.full(part.size, np.nan)) for part in parts])
                   for name in numbers},
                  {name: [word for part in parts for word in part.words.get(name, [""] * part.size)]
                   for name in words}, sum(part.size for part in parts))
