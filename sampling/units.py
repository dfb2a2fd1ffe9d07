"""The units as the database has them on the eve of a draw, in columns.

Register, scores and record come each by itself, as whole columns, and are laid beside each other here: for a million
units that takes half the time of a join in the database, which would look each unit up three times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sampling.errors import DrawError
from sampling.population import Ints, Population, rounded
from store import Queries
from store.database import Connection

q = Queries(__file__)

# What a verifier takes in one file.
_MOST_UNITS = 1_300_000
_WHOLE, _ID, _REAL = ">i4", ">i8", ">f8"


def population(connection: Connection, areas: Sequence[str], asked: Mapping[str, Any]) -> Population:
    """All active units in the order of their numbers; ``asked`` names the days that the statements go by."""
    held = _columns(connection, "units", asked)
    many = held["rows"]
    if not many:
        return Population.of([], areas, asked["day"])
    if many > _MOST_UNITS:
        raise DrawError(f"{many} units are more than one draw takes ({_MOST_UNITS}): draw by city")
    numbers = held["unit_no"].split("\n")
    if len(numbers) != many:
        raise DrawError("a unit's number holds a line break: give it another number")
    # A register mostly stands in the order of its numbers, and then this takes no time.
    order = sorted(range(many), key=numbers.__getitem__)
    ids = np.frombuffer(held["unit_id"], dtype=_ID)[order]
    places = _Places(ids)

    scores = _columns(connection, "scores", asked)
    at = places.of(scores, "unit_id")
    risk_class = places.column(at, scores, "risk_class", -1)
    score = np.full(many, np.nan)
    score[at[at >= 0]] = np.frombuffer(scores["score"] or b"", dtype=_REAL)[at >= 0]
    raised = connection.execute(q["raised"], asked).fetchall()
    where = places.at(np.array([row["unit_id"] for row in raised], dtype=np.int64))
    for n, row in zip(where.tolist(), raised, strict=True):
        if n >= 0:
            risk_class[n] = max(risk_class[n], row["risk_class"])

    counted = _columns(connection, "counted", asked)
    at = places.of(counted, "unit_id")
    return Population(
        [numbers[n] for n in order], areas, _ints(held["area"])[order], _ints(held["kind"])[order], risk_class,
        rounded(score), places.column(at, counted, "visits", 0), places.column(at, counted, "ago", -1),
        places.column(at, counted, "planned", 0).astype(np.bool_))


class _Places:
    """Where each unit stands, by its id in the database."""

    def __init__(self, ids: npt.NDArray[np.int64]) -> None:
        self._many = len(ids)
        self._order = np.argsort(ids, kind="stable")
        self._ids = ids[self._order]

    def at(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The place of each of these ids, -1 where it is no active unit's."""
        near = np.minimum(np.searchsorted(self._ids, ids), self._many - 1)
        return np.where(self._ids[near] == ids, self._order[near], -1)

    def of(self, rows: Mapping[str, Any], name: str) -> npt.NDArray[np.int64]:
        return self.at(np.frombuffer(rows[name] or b"", dtype=_ID).astype(np.int64))

    def column(self, at: npt.NDArray[np.int64], rows: Mapping[str, Any], name: str, without: int) -> Ints:
        """A column of all units; ``without`` for those that have no row."""
        out = np.full(self._many, without, dtype=np.int32)
        out[at[at >= 0]] = _ints(rows[name] or b"")[at >= 0]
        return out


def _columns(connection: Connection, name: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    row = connection.execute(q[name], asked, binary=True).fetchone()
    assert row is not None  # noqa: S101  an aggregate has one row
    return row


def _ints(content: bytes) -> Ints:
    return np.frombuffer(content, dtype=_WHOLE).astype(np.int32)
