"""The import as a whole: map, file, rows, then everything into the database in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from casework import bulk
from casework.history.gathering import Gathered, Gatherer, Known, Visit, hazards, inspections
from casework.history.joining import joined
from casework.history.keys import MapError
from casework.history.mapping import HistoryMap, read_map
from casework.history.matching import Place
from casework.history.outline import examples, outline
from casework.history.tables import read_rows
from policy.clocks import legal_day
from registry import audit
from registry import bulk as registers
from registry.errors import FileRefused
from registry.reading import RowProblem
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)

Progress = Callable[[str, int, int], None]
"""Told now and then what is being done, how many rows are through, of about how many."""

_TELL_EVERY = 1000
_NOT_AUDITED = ("rejected", "told", "examples")
_LOADERS = {"fires": bulk.load_fires, "complaints": bulk.load_complaints, "penalties": bulk.load_penalties,
            "credit": bulk.load_credit}


@dataclass(frozen=True)
class HistoryReport:
    """What became of a file: ``read == accepted + skipped + len(rejected)``, one problem for each rejected row.

    ``told`` says in sentences how the file was read and what it holds, ``examples`` what became of its first rows.
    ``changes`` counts inserted, updated and unchanged records by kind; a second import of the same file changes none.
    """

    what: str
    file: str
    read: int
    skipped: int
    accepted: int
    rejected: list[RowProblem]
    changes: dict[str, dict[str, int]] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return any(counts.get("inserted", 0) or counts.get("updated", 0) or counts.get("removed", 0)
                   for counts in self.changes.values())


def import_history(db: Database, map_path: Path | str, actor: str, *, data: Path | str | None = None,
                   sheet: str | None = None, today: dt.date | None = None, dry_run: bool = False,
                   progress: Progress | None = None) -> HistoryReport:
    """Bring in the file ``data`` (the map's ``source.file`` if left out); bad rows are listed, good ones kept.

    All of it is stored in one transaction, or with ``dry_run`` nothing. A map or file that can't be used at all is one
    sentence (:class:`MapError`, :class:`FileRefused`) and stores nothing.
    """
    history = read_map(map_path)
    if sheet is not None:
        history = replace(history, source=replace(history.source, sheet=sheet))
    path = _file(history, data)
    today = today or legal_day(dt.datetime.now(dt.UTC))
    tell = progress or (lambda _what, _done, _of: None)
    rows = read_rows(path, history.source)
    for join in history.source.join:
        rows = joined(rows, join, _found(join.source.file or "", history.folder, path.parent))
    with db.connection() as connection:
        gatherer = Gatherer(history, rows.names, _known(connection, history), today, rows.near)
    for count, (line, cells) in enumerate(rows.rows, 1):
        gatherer.take(line, cells)
        if count % _TELL_EVERY == 0:
            tell("reading", count, max(rows.expected, count))
    gathered = gatherer.result
    tell("reading", gathered.read, gathered.read)
    with db.connection() as connection:
        changes = _store(connection, history, gathered, tell)
        report = HistoryReport(history.noun.code, path.name, gathered.read, gathered.skipped, gathered.accepted,
                               gathered.problems, changes, [*rows.told, *outline(history.noun.code, gathered)],
                               examples(history.noun.code, gathered))
        if dry_run:
            connection.rollback()
        elif report.changed:
            # Features are often read right after, long before the server would look at the new rows by itself.
            connection.execute(q["analyze"])
            audit.record(connection, actor, "import", "history", path.name, None, {
                **{name: value for name, value in asdict(report).items() if name not in _NOT_AUDITED},
                "rejected": len(report.rejected), "map": Path(map_path).name})
    return report


def _file(history: HistoryMap, data: Path | str | None) -> Path:
    if data is not None:
        return Path(data)
    if history.source.file is None:
        raise MapError("the map names no source.file: name the file with --file")
    return _found(history.source.file, history.folder)


def _found(name: str, *folders: Path) -> Path:
    """A file that a map names stands beside the map, beside the data, or where the command is started."""
    for path in (*(folder / name for folder in folders), Path(name)):
        if path.exists():
            return path
    raise FileRefused(f"there is no file {folders[0] / name}, which the map names"
                      + (": --file names another" if len(folders) == 1 else ""))


def _known(connection: Connection, history: HistoryMap) -> Known:
    """What is there before; a number that another source has entered is out of reach."""
    in_map = {area["area_code"] for area in history.areas}
    areas = {row["area_code"] for row in connection.execute(q["areas"])}
    for area in history.areas:
        parent = area.get("parent_code")
        if parent is not None and parent not in areas | in_map:
            raise MapError(f"areas: {area['area_code']} lies in {parent}, which is neither registered nor in the map")
    taken = {row["number"] for row in connection.execute(q[f"taken_{history.noun.code}"])}
    places = (*(Place(**row) for row in connection.execute(q["places"])),) if history.unit.find else ()
    units = {row["unit_no"] for row in connection.execute(q["units"])} if (
        history.unit.find or not history.unit.registers) else set()
    return Known(frozenset(areas | in_map), frozenset(units), frozenset(taken), places)


def _store(connection: Connection, history: HistoryMap, gathered: Gathered,
           tell: Progress) -> dict[str, dict[str, int]]:
    changes: dict[str, dict[str, int]] = {}
    steps = 5
    tell("storing", 0, steps)
    if not gathered.units:
        return changes
    _areas(connection, history, changes)
    if history.unit.registers:
        changes["units"] = _counts(registers.load_units(connection, _units(connection, gathered)))
    tell("storing", 1, steps)
    if history.noun.code != "inspections":
        changes[history.noun.code] = _LOADERS[history.noun.code](connection, _stamped(history, gathered))
        tell("storing", steps, steps)
        return changes
    changes["items"] = _counts(registers.load_items(connection, _items(connection, gathered.visits)))
    tell("storing", 2, steps)
    changes["inspections"] = bulk.load_inspections(connection, inspections(gathered.visits))
    tell("storing", 3, steps)
    if history.findings is not None:
        found = list(hazards(gathered.visits))
        changes["hazards"] = bulk.load_hazards(connection, found)
        removed = connection.execute(q["remove_stale"], {
            "numbers": list(gathered.visits), "of": [one["inspection_no"] for one in found],
            "items": [one["item_code"] for one in found]}).rowcount
        changes["hazards"]["removed"] = removed
    tell("storing", steps, steps)
    return changes


def _areas(connection: Connection, history: HistoryMap, changes: dict[str, dict[str, int]]) -> None:
    """Areas that are registered already keep the names they have."""
    known = {row["area_code"] for row in connection.execute(q["areas"])}
    missing = [area for area in history.areas if area["area_code"] not in known]
    if missing:
        changes["areas"] = _counts(registers.load_areas(connection, missing))


def _units(connection: Connection, gathered: Gathered) -> list[dict[str, Any]]:
    """Facts of the units, but for those that are registered from elsewhere or have a later visit on record."""
    # A list, not a generator: the connection can't be asked anything while a COPY is under way on it.
    kept = {row["unit_no"]: row for row in connection.execute(q["unit_facts"], [list(gathered.units)])}
    found = []
    for number, (day, facts) in gathered.units.items():
        row = kept.get(number)
        if row is None or (row["source"] == "import" and (row["latest"] is None or row["latest"] <= day)):
            found.append({**facts, "source": "import"})
    return found


def _items(connection: Connection, visits: Mapping[str, Visit]) -> list[dict[str, Any]]:
    """Items that the catalogue lacks, valid from ever, as grave as the file first says; known ones stay as they are."""
    known = {row["item_code"] for row in connection.execute(q["items"])}
    items = []
    for visit in visits.values():
        for found in visit.found:
            if found.item_code not in known:
                known.add(found.item_code)
                items.append({"item_code": found.item_code, "valid_from": dt.date(1900, 1, 1),
                              "name_zh": found.name_zh, "name_en": found.name_en, "severity": found.severity})
    return items


def _stamped(history: HistoryMap, gathered: Gathered) -> Iterable[dict[str, Any]]:
    marked = "entered_by" if history.noun.code in ("complaints", "penalties") else None
    for row in gathered.records.values():
        yield {**row, marked: "import"} if marked else row


def _counts(counts: registers.Counts) -> dict[str, int]:
    return {"inserted": counts.inserted, "updated": counts.updated, "unchanged": counts.unchanged}


__all__ = ["FileRefused", "HistoryReport", "import_history"]
