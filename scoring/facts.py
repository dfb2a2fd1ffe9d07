"""What each unit is, as the register has it now: numbers, words, and the attributes that an operator added to it.

Attributes take part by themselves: a number as it stands, a date as days since then, a word of few values by the record
of the units that share it. A word of more values than policy allows is left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from policy import rules
from scoring.asking import Asking, Coded, Coding, block
from scoring.history import Floats
from store import Queries

q = Queries(__file__)

_WORDS = ("kind", "district", "area", "operator")


@dataclass(frozen=True)
class Facts:
    """Columns of the units asked for, in the order of their identifiers."""

    unit_id: npt.NDArray[np.int64]
    unit_no: tuple[str, ...]
    kind: Coded
    district: Coded
    area: Coded
    operator: Coded
    lon: Floats
    lat: Floats
    numbers: Mapping[str, Floats]


@dataclass(frozen=True)
class Attributes:
    """Those whose values are few, as words, and those that are numbers or dates, by the name of the feature."""

    words: Mapping[str, Coded]
    numbers: Mapping[str, Floats]


def read(asking: Asking) -> Facts:
    """What the units asked for are."""
    units: list[npt.NDArray[np.int64]] = []
    numbers: list[Floats] = []
    unit_no: list[str] = []
    words = {name: Coding() for name in _WORDS}
    names: Sequence[str] = ()
    first = 2 + len(_WORDS)
    for names, rows in asking.batches(q, "facts"):
        units.append(np.array([row[0] for row in rows], dtype=np.int64))
        unit_no += [row[1] for row in rows]
        for place, coding in enumerate(words.values(), start=2):
            coding.add(row[place] for row in rows)
        numbers.append(block([row[first:] for row in rows], len(names) - first))
    columns = dict(zip(names[first:], np.concatenate(numbers).T.copy(), strict=True))
    lon, lat = columns.pop("lon"), columns.pop("lat")
    return Facts(np.concatenate(units), tuple(unit_no), words["kind"].coded(), words["district"].coded(),
                 words["area"].coded(), words["operator"].coded(), lon, lat, columns)


def attributes(asking: Asking, as_of: dt.date) -> Attributes:
    """What else the register holds of the units asked for."""
    most = int(rules().value("risk.peers", as_of)["most_values"])
    _, held = asking.ask(q, "attribute_kinds")
    words = [key for key, _, values, dates, numbers in held if not dates and not numbers and 1 < values <= most]
    words += [key for key, _, values, _, numbers in held if numbers and 1 < values <= most]
    numeric = {key for key, _, values, _, numbers in held if numbers and values > most}
    dates = {key for key, _, _, dates, numbers in held if dates and key not in numeric}
    codes = {key: np.full(len(asking), -1, dtype=np.int32) for key in words}
    spelt: dict[str, dict[str, int]] = {key: {} for key in words}
    columns = {key: np.full(len(asking), np.nan) for key, *_ in held if key in numeric | dates}
    days: dict[str, float] = {}
    for _, rows in asking.batches(q, "attributes", {"attributes": [*words, *columns]}):
        place, known = asking.places(np.array([row[0] for row in rows], dtype=np.int64))
        for at, (_, key, value), is_asked in zip(place.tolist(), rows, known.tolist(), strict=True):
            if value is None or not is_asked:
                continue
            if key in spelt:
                codes[key][at] = spelt[key].setdefault(value, len(spelt[key]))
            elif key in numeric:
                columns[key][at] = _number(value)
            else:
                if value not in days:
                    days[value] = _days(value, as_of)
                columns[key][at] = days[value]
    return Attributes({key: Coded(codes[key], list(spelt[key])) for key in words},
                      {f"attribute:{key}" if key in numeric else f"attribute:{key}_days": column
                       for key, column in columns.items()})


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return np.nan


def _days(value: str, as_of: dt.date) -> float:
    """Days from a date of the register to the day; not known where there is none or it is not past."""
    try:
        days = (as_of - dt.date.fromisoformat(value[:10])).days
    except ValueError:
        return np.nan
    return float(days) if days > 0 else np.nan
