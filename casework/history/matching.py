"""Registered units by what a foreign file has of them: name, address, place. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from casework.history.header import Header, letters
from casework.history.nouns import bounded, number
from casework.history.rows import RowFault, bound
from casework.history.unit_map import Find
from registry.cells import CellError, shown

_METRES_A_DEGREE = 111_320.0
_NOWHERE = (math.nan, math.nan)


@dataclass(frozen=True)
class Place:
    """A registered unit as far as it can be recognised."""

    unit_no: str
    name: str
    address: str | None
    lon: float | None
    lat: float | None


class Unmatched(Exception):
    """No registered unit, or more than one, agrees with the row; ``several`` says which."""

    def __init__(self, fault: RowFault, several: bool) -> None:
        super().__init__(str(fault))
        self.fault, self.several = fault, several


class Finder:
    """Finds the unit of a row among those of the register."""

    def __init__(self, find: Find, header: Header, places: Iterable[Place]) -> None:
        self._find = find
        self._texts = {code: bound(spec, header, bounded(500, line=False)) for code, spec in find.texts.items()}
        self._lon, self._lat = (bound(find.place[code], header, read) if find.place else None
                                for code, read in (("lon", _within(180)), ("lat", _within(90))))
        self._by_text: dict[tuple[str, ...], list[Place]] = {}
        self._by_cell: dict[tuple[int, int], list[Place]] = {}
        self._cell = find.metres / _METRES_A_DEGREE
        for place in places:
            told = tuple(letters(getattr(place, code) or "") for code in self._texts)
            if self._texts and all(told):
                self._by_text.setdefault(told, []).append(place)
            elif not self._texts and place.lon is not None and place.lat is not None:
                self._by_cell.setdefault(self._cell_of(place.lon, place.lat), []).append(place)

    def __call__(self, cells: Sequence[str]) -> str:
        """The number of the unit; :class:`Unmatched` where none or several agree, :class:`RowFault` for a bad cell."""
        told = {code: one(cells, {}) for code, one in self._texts.items()}
        where = self._where(cells)
        field = next(iter(self._texts.values()), self._lat)
        assert field is not None  # noqa: S101  the map has a text or a place
        if self._texts:
            key = tuple(letters(one or "") for one in told.values())
            near = self._by_text.get(key, []) if all(key) else []
            if self._lat is not None and where != _NOWHERE:
                near = [place for place in near if _metres(place, *where) <= self._find.metres]
        else:
            near = self._nearest(*where)
        if len(near) == 1:
            return near[0].unit_no
        words = [f"{code} {shown(one)!r}" for code, one in told.items() if one]
        if self._lat is not None:
            words.append(f"within {self._find.metres} m")
        what = f"no registered unit has {', '.join(words) or 'what the row does not say'}" if not near else (
            f"{len(near)} registered units have {', '.join(words)}: {near[0].unit_no}, {near[1].unit_no}"
            + (" and others" if len(near) > 2 else "") + " (add to unit.find, or say unit.find.several: skip)")
        raise Unmatched(field.fault(cells, what), bool(near))

    def _where(self, cells: Sequence[str]) -> tuple[float, float]:
        if self._lon is None or self._lat is None:
            return _NOWHERE
        lon, lat = self._lon(cells, {}), self._lat(cells, {})
        return (lon, lat) if lon is not None and lat is not None else _NOWHERE

    def _nearest(self, lon: float, lat: float) -> list[Place]:
        """The nearest units within reach: more than one only where they stand at the same distance."""
        if math.isnan(lon):
            return []
        x, y = self._cell_of(lon, lat)
        # Degrees of longitude shrink towards the poles, so that more of them lie within reach.
        wide = min(50, math.ceil(1 / max(0.02, math.cos(math.radians(lat)))))
        found = [(_metres(place, lon, lat), place) for dx in range(-wide, wide + 1) for dy in (-1, 0, 1)
                 for place in self._by_cell.get((x + dx, y + dy), [])]
        least = min((metres for metres, _ in found), default=math.inf)
        return [place for metres, place in found if metres == least] if least <= self._find.metres else []

    def _cell_of(self, lon: float, lat: float) -> tuple[int, int]:
        return math.floor(lon / self._cell), math.floor(lat / self._cell)


def _metres(place: Place, lon: float, lat: float) -> float:
    if place.lon is None or place.lat is None:
        return math.inf
    east = (place.lon - lon) * math.cos(math.radians((place.lat + lat) / 2))
    return math.hypot(east, place.lat - lat) * _METRES_A_DEGREE


def _within(most: float) -> Any:
    def read(word: str) -> float:
        found = number(word)
        if abs(found) > most:
            raise CellError(f"it must be between -{most:g} and {most:g}")
        return found
    return read

