"""From rows to units, visits and other records: pure, given what the registers hold. A bad row leaves nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from casework.credit import misfit
from casework.history.findings import FindingReader, Found, merged
from casework.history.header import Header
from casework.history.mapping import HistoryMap
from casework.history.matching import Finder, Place, Unmatched
from casework.history.moments import When
from casework.history.nouns import bounded
from casework.history.rows import Bound, RowFault, bound, check_day, test
from policy.clocks import SHANGHAI
from registry.cells import shown
from registry.columns import TABLES
from registry.reading import RowProblem

_UNITS = TABLES["units"]
_RANK = {"pass": 0, "hazards_corrected": 1, "hazards_ordered": 2, "closed": 3}


@dataclass(frozen=True)
class Known:
    """What the registers hold already: area codes, unit numbers, and numbers of records that no import may touch."""

    areas: frozenset[str]
    units: frozenset[str]
    taken: frozenset[str]
    places: tuple[Place, ...] = ()


@dataclass(slots=True)
class Visit:
    """One visit, gathered from one row or several."""

    line: int
    unit_no: str
    day: dt.date
    values: dict[str, Any]
    found: list[Found]


@dataclass
class Gathered:
    """All that a file holds; ``read == accepted + len(problems) + skipped``."""

    units: dict[str, tuple[dt.date, dict[str, Any]]] = field(default_factory=dict)
    visits: dict[str, Visit] = field(default_factory=dict)
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[RowProblem] = field(default_factory=list)
    read: int = 0
    skipped: int = 0
    accepted: int = 0
    repeated: int = 0
    """Of the accepted rows, those that say word for word what an earlier one says."""
    unknown: int = 0
    """Of the rows left out, those about a unit that is not registered or could not be told from others."""


class Gatherer:
    """Takes the rows of one file, one after the other."""

    def __init__(self, history: HistoryMap, names: Sequence[str], known: Known, today: dt.date,
                 near: Mapping[int, Sequence[str]] | None = None) -> None:
        header = Header(names, near)
        self._map, self._known, self._today = history, known, today
        self._skip = [test(rule, header) for rule in history.skip]
        self._keep = [test(rule, header) for rule in history.keep]
        self._no_visit = [test(rule, header) for rule in history.no_visit]
        unit = history.unit
        self._unit_no = self._unit_field("unit_no", header) if "unit_no" in unit.specs else None
        self._finder = Finder(unit.find, header, known.places) if unit.find else None
        self._facts = {code: self._unit_field(code, header) for code in unit.specs if code != "unit_no"}
        self._registered_on = bound(unit.registered_on, header, str) if unit.registered_on else None
        self._attributes = {name: bound(spec, header, bounded(500, line=False))
                            for name, spec in unit.attributes.items()}
        self._date_code = "date" if history.noun.code == "inspections" else next(
            code for code, one in history.noun.fields.items() if one.kind in ("day", "moment") and one.needed)
        names_known = ("unit.unit_no", f"{history.noun.section}.{self._date_code}")
        self._fields = {code: bound(spec, header, history.noun.fields[code].read,
                                    needed=history.noun.fields[code].needed,
                                    context=() if code == self._date_code else names_known)
                        for code, spec in history.fields.items()}
        self._findings = FindingReader(history.findings, header) if history.findings else None
        self._lines: dict[str, int] = {}
        self.result = Gathered()

    def take(self, line: int, cells: list[str] | str) -> None:
        """Read one row; it is accepted, rejected with a reason, or left out by the map."""
        result = self.result
        result.read += 1
        if isinstance(cells, str):
            result.problems.append(RowProblem(line, "", "", cells))
            return
        if any(rule(cells) for rule in self._skip) or not all(rule(cells) for rule in self._keep):
            result.skipped += 1
            return
        try:
            unit_no = self._number(cells)
            if self._map.unit.skips_unknown and unit_no not in self._known.units:
                result.skipped, result.unknown = result.skipped + 1, result.unknown + 1
                return
            if any(rule(cells) for rule in self._no_visit):
                result.units.setdefault(unit_no, (dt.date.min, self._unit_facts(cells, unit_no)))
            else:
                self._row(line, cells, unit_no)
        except Unmatched as unmatched:
            if self._leaves_out(unmatched):
                result.skipped, result.unknown = result.skipped + 1, result.unknown + 1
            else:
                result.problems.append(unmatched.fault.at(line))
        except RowFault as fault:
            result.problems.append(fault.at(line))
        else:
            result.accepted += 1

    def _number(self, cells: list[str]) -> str:
        """The number of the row's unit: the file's own where it is registered, else that of the one found."""
        own: str | None = self._unit_no(cells, {}) if self._unit_no else None
        if own is not None and (self._finder is None or own in self._known.units):
            return own
        assert self._finder is not None  # noqa: S101  the map has a number or says how to find one
        try:
            return self._finder(cells)
        except Unmatched as unmatched:
            if own is None or unmatched.several:
                raise
            return own

    def _leaves_out(self, unmatched: Unmatched) -> bool:
        unit = self._map.unit
        return unit.find is not None and unit.find.several == "skip" if unmatched.several else unit.skips_unknown

    def _row(self, line: int, cells: list[str], unit_no: str) -> None:
        facts = self._unit_facts(cells, unit_no)
        date = self._fields[self._date_code]
        when: When = date(cells, {})
        check_day(when, self._today, date, cells)
        stamp = when.day.isoformat() if when.moment is None or self._map.noun.code == "inspections" else (
            f"{when.moment:%Y%m%dT%H%MZ}")
        context = {"unit.unit_no": unit_no, f"{self._map.noun.section}.{self._date_code}": stamp}
        values = {code: one(cells, context) for code, one in self._fields.items()}
        self._check_moments(values, when, cells)
        number = values.get(self._map.noun.number) or f"{unit_no}-{stamp}"
        place = f"{self._map.noun.section}.{self._map.noun.number}"
        if len(number) > 64:
            raise RowFault(place, number, "it has more than 64 characters")
        if number in self._known.taken:
            raise RowFault(place, number,
                           f"{self._map.noun.section} {number} was entered by hand or by another source: an import "
                           f"leaves it as it is")
        for code, column in self._map.noun.fields.items():
            if values.get(code) is None and column.default is not None:
                values[code] = column.default
        if self._map.noun.code == "credit":
            self._check_points(values, when.day, cells)
        found = self._findings.read(cells, context, when.day) if self._findings else []
        if self._map.noun.code == "inspections":
            self._visit(line, number, unit_no, when, values, found)
        else:
            self._record(line, number, unit_no, when, values)
        latest = self.result.units.get(unit_no)
        if latest is None or when.day >= latest[0]:
            self.result.units[unit_no] = (when.day, facts)

    def _unit_facts(self, cells: list[str], unit_no: str) -> dict[str, Any]:
        if not self._facts:
            if unit_no not in self._known.units:
                assert self._unit_no is not None  # noqa: S101  what is found is registered
                raise self._unit_no.fault(cells, f"unit {shown(unit_no)} is not registered, and the map does not say "
                                                 f"how to register it (unit.name, unit.kind, unit.area_code)")
            return {}
        facts: dict[str, Any] = {"unit_no": unit_no}
        for code, one in self._facts.items():
            facts[code] = one(cells, {"unit.unit_no": unit_no})
        if facts["area_code"] not in self._known.areas:
            raise self._facts["area_code"].fault(cells, f"area {facts['area_code']} is not in the register of areas: "
                                                        f"add it under areas")
        if self._registered_on is not None:
            day = self._registered_on(cells, {})
            facts["registered_on"] = day.day if day else None
        if not self._map.unit.keeps_attributes:
            attributes = {name: one(cells, {}) for name, one in self._attributes.items()}
            facts["attributes"] = {name: value for name, value in attributes.items() if value is not None}
        return facts

    def _check_moments(self, values: dict[str, Any], when: When, cells: list[str]) -> None:
        for code, value in values.items():
            if isinstance(value, When) and code != self._date_code:
                check_day(value, self._today, self._fields[code], cells)
                first, last = when.moment, value.moment
                if value.day < when.day or (first is not None and last is not None and last < first):
                    raise self._fields[code].fault(cells, f"{value.day} lies before {self._date_code}, {when.day}")

    def _check_points(self, values: dict[str, Any], day: dt.date, cells: list[str]) -> None:
        fault = misfit(values["event_kind"], float(values["points"]), day)
        if fault is not None:
            column, reason = fault
            if column in self._fields:
                raise self._fields[column].fault(cells, reason)
            raise RowFault(f"credit.{column}", str(values[column]), reason)

    def _visit(self, line: int, number: str, unit_no: str, when: When, values: dict[str, Any],
               found: list[Found]) -> None:
        stands = self.result.visits.get(number)
        if stands is None:
            self.result.visits[number] = Visit(line, unit_no, when.day, {**values, "date": when}, found)
            return
        place = f"visit.{self._map.noun.number}"
        if self._map.one_row_per == "visit":
            if (stands.unit_no, stands.values, stands.found) == (unit_no, {**values, "date": when}, found):
                self.result.repeated += 1
                return
            raise RowFault(place, number, f"inspection {shown(number)} stands in line {stands.line} already (one row "
                                          f"for each violation? say rows: violation; several visits on one day? make "
                                          f"visit.inspection_no of what tells them apart)")
        if stands.unit_no != unit_no:
            raise RowFault(place, number, f"inspection {shown(number)} is of unit {shown(stands.unit_no)} in line "
                                          f"{stands.line} and of {shown(unit_no)} here")
        if stands.day != when.day:
            raise RowFault(place, number, f"inspection {shown(number)} is of {stands.day} in line {stands.line} and of "
                                          f"{when.day} here")
        stands.found += found
        for code, value in values.items():
            if stands.values.get(code) is None:
                stands.values[code] = value
        told, kept = values.get("result"), stands.values.get("result")
        if told is not None and kept is not None and _RANK[told] > _RANK[kept]:
            stands.values["result"] = told

    def _record(self, line: int, number: str, unit_no: str, when: When, values: dict[str, Any]) -> None:
        key = number if self._map.noun.code != "credit" else f"{values['event_kind']} {number}"
        row: dict[str, Any] = {"unit_no": unit_no, self._map.noun.number: number}
        for code, value in values.items():
            if not isinstance(value, When):
                row.setdefault(code, value)
            elif self._map.noun.fields[code].kind == "day":
                row[code] = value.day
            else:
                row[code] = value.moment or noon(value.day)
        if self.result.records.get(key) == row:
            self.result.repeated += 1
        elif key in self._lines:
            raise RowFault(f"{self._map.noun.section}.{self._map.noun.number}", number,
                           f"{self._map.noun.section} {shown(number)} stands in line {self._lines[key]} already")
        else:
            self._lines[key], self.result.records[key] = line, row

    def _unit_field(self, code: str, header: Header) -> Bound:
        read = _UNITS.column(code).read
        if code == "unit_no":
            # A number is a key in addresses and files: it has no blanks, whatever the foreign record made of it.
            return bound(self._map.unit.specs[code], header, lambda text: read("_".join(text.split()), self._today),
                         needed=True)
        return bound(self._map.unit.specs[code], header, lambda text: read(text, self._today),
                     needed=_UNITS.column(code).needed, context=("unit.unit_no",))


def noon(day: dt.date) -> dt.datetime:
    """The moment of a record that has a day and no time: the middle of that day in law."""
    return dt.datetime.combine(day, dt.time(12), SHANGHAI).astimezone(dt.UTC)


def inspections(visits: dict[str, Visit]) -> Iterator[dict[str, Any]]:
    """The visits as rows for the loader of inspections."""
    for number, visit in visits.items():
        values = visit.values
        done = values["status"] == "done"
        ended = values.get("ended")
        result = values.get("result") or ("hazards_ordered" if visit.found else "pass")
        if result == "closed" and visit.found:
            # Somebody looked: the premises were shut for what was found, which is an order.
            result = "hazards_ordered"
        yield {"inspection_no": number, "unit_no": visit.unit_no, "kind": values["kind"], "status": values["status"],
               "planned_on": None if done else visit.day, "inspected_on": visit.day if done else None,
               "started_at": values["date"].moment,
               "ended_at": ended.moment if ended and values["date"].moment else None,
               "result": result if done else None, "team": values.get("team"), "note": values.get("note"),
               "source": "import", "entered_by": "import"}


def hazards(visits: dict[str, Visit]) -> Iterator[dict[str, Any]]:
    """What was found at visits that were done, as rows for the loader of hazards."""
    for number, visit in visits.items():
        if visit.values["status"] != "done":
            continue
        for one in merged(visit.found):
            yield {"inspection_no": number, "item_code": one.item_code, "severity": one.severity,
                   "is_major": one.is_major, "found_on": visit.day, "handling": one.handling, "due_on": one.due_on,
                   "corrected_on": one.corrected_on, "note": one.note}
